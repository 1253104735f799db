package relay

import (
	"testing"

	"outcry/actors/instrument"
)

// slowFloor attaches when the test says so.
type slowFloor struct {
	Floor
	sinks []InstrumentSink
}

func (f *slowFloor) WatchInstrument(_ string, _ instrument.Wants, s InstrumentSink) (stop func()) {
	f.sinks = append(f.sinks, s)
	return func() {}
}

// Who asks for trades of an instrument whose quote is watched already would be
// granted a stream that begins at 0: all trades of its life, or, with a
// cursor, a refusal as if the cursor were from another log.
func TestTradesAreKnownOnlyOnceTheyAreAttached(t *testing.T) {
	f := &slowFloor{}
	r := New(Config{Floor: f})
	in, err := r.Instrument("X", 0)
	if err != nil {
		t.Fatal(err)
	}
	view := &instrument.View{Defined: true, Seq: 7}
	f.sinks[0].AttachInstrument(view, [instrument.Resolutions][]instrument.Bar{})
	if in.State() != Known || in.StreamState(Trades) != Attaching {
		t.Fatal(in.State(), in.StreamState(Trades))
	}
	if _, err := r.Instrument("X", instrument.WantTrades); err != nil {
		t.Fatal(err)
	}
	if in.State() != Known || in.StreamState(Trades) != Attaching || in.Stream(Trades).Complete() != 0 {
		t.Fatal("trades are known before they are attached")
	}
	f.sinks[1].AttachInstrument(view, [instrument.Resolutions][]instrument.Bar{})
	if in.StreamState(Trades) != Known || in.Stream(Trades).Complete() != 7 {
		t.Error(in.StreamState(Trades), in.Stream(Trades).Complete())
	}
}

// Who asks for bars of an instrument whose trades somebody follows must cost that
// follower nothing: a trade between the two watches would be gone for ever.
func TestAskingForBarsLosesNoTrade(t *testing.T) {
	f := &slowFloor{}
	r := New(Config{Floor: f})
	in, err := r.Instrument("X", instrument.WantTrades)
	if err != nil {
		t.Fatal(err)
	}
	none := [instrument.Resolutions][]instrument.Bar{}
	trade := func(sink int, seq uint64) {
		f.sinks[sink].ChangeInstrument(&instrument.View{Defined: true, Seq: seq},
			&instrument.Facts{Trades: []instrument.SequencedTrade{{Seq: seq}}})
	}
	f.sinks[0].AttachInstrument(&instrument.View{Defined: true, Seq: 7}, none)
	trade(0, 8)
	if _, err := r.Instrument("X", instrument.WantBars); err != nil {
		t.Fatal(err)
	}
	trade(0, 9)
	f.sinks[1].AttachInstrument(&instrument.View{Defined: true, Seq: 9}, none)
	trade(0, 10) // told once more, as the floor may
	trade(1, 10)
	items, complete, ok := in.Stream(Trades).After(nil, 7, 10)
	if !ok || complete != 10 || len(items) != 3 {
		t.Errorf("%d trades after 7, complete to %d, %v; want 3 to 10", len(items), complete, ok)
	}
	if in.StreamState(ClosedMinute) != Known {
		t.Error("the bars were not attached")
	}
}
