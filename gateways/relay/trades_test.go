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

func (f *slowFloor) WatchInstrument(_ string, _ bool, s InstrumentSink) (stop func()) {
	f.sinks = append(f.sinks, s)
	return func() {}
}

// Who asks for trades of an instrument whose quote is watched already would be
// granted a stream that begins at 0: all trades of its life, or, with a
// cursor, a refusal as if the cursor were from another log.
func TestTradesAreKnownOnlyOnceTheyAreAttached(t *testing.T) {
	f := &slowFloor{}
	r := New(Config{Floor: f})
	in, err := r.Instrument("X", false)
	if err != nil {
		t.Fatal(err)
	}
	view := &instrument.View{Defined: true, Seq: 7}
	f.sinks[0].AttachInstrument(view, [instrument.Resolutions][]instrument.Bar{})
	if in.State() != Known || in.TradesState() != Attaching {
		t.Fatal(in.State(), in.TradesState())
	}
	if _, err := r.Instrument("X", true); err != nil {
		t.Fatal(err)
	}
	if in.State() != Known || in.TradesState() != Attaching || in.Stream(Trades).Complete() != 0 {
		t.Fatal("trades are known before they are attached")
	}
	f.sinks[1].AttachInstrument(view, [instrument.Resolutions][]instrument.Bar{})
	if in.TradesState() != Known || in.Stream(Trades).Complete() != 7 {
		t.Error(in.TradesState(), in.Stream(Trades).Complete())
	}
}
