package relay

import (
	"strings"
	"sync"
	"testing"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

var noFacts = &instrument.Facts{}

// A stale owner may still tell; taking its word would set prices back.
func TestALateTellerDoesNoHarm(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	f.change("A", 9)
	before := in.Version(wire.Quote)
	f.change("A", 8)
	if in.Version(wire.Quote) != before || !strings.Contains(frame(in, false), `"seq":"9"`) {
		t.Error(frame(in, false))
	}
}

// Only what changed is sent: an update of every channel at each quote is four times the traffic.
func TestOnlyTheChangedSlotsGetAVersion(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f, StaleAfter: 1 << 62}), "A")
	v := viewOf("A", 2)
	for name, c := range map[string]struct {
		change func()
		slot   wire.Slot
	}{
		"quote":      {func() { v.QuoteSeq++ }, wire.Quote},
		"stats":      {func() { v.StatsSeq++ }, wire.Stats},
		"second":     {func() { v.Bars[instrument.Second].Close++ }, wire.BarSecond},
		"minute":     {func() { v.Bars[instrument.Minute].Close++ }, wire.BarMinute},
		"the status": {func() { v.Status = outcryv1.TradingState_TRADING_STATE_AUCTION }, wire.Quote},
	} {
		f.sinks["A"].ChangeInstrument(v, noFacts)
		before := [wire.Slots]uint64{}
		for s := range before {
			before[s] = in.Version(wire.Slot(s))
		}
		c.change()
		f.sinks["A"].ChangeInstrument(v, noFacts)
		before[c.slot]++
		for s := range before {
			if in.Version(wire.Slot(s)) != before[s] {
				t.Errorf("%s: slot %d stands at %d, not %d", name, s, in.Version(wire.Slot(s)), before[s])
			}
		}
	}
}

// A halt concerns all that is shown of an instrument; silence does not end it.
func TestAHaltIsStaleUntilTheStatusSaysOtherwise(t *testing.T) {
	f := newTestFloor()
	r := New(Config{Floor: f})
	r.now.Store(ingest)
	in := watched(t, r, "A")
	v := viewOf("A", 2)
	v.Status = outcryv1.TradingState_TRADING_STATE_HALTED
	f.sinks["A"].ChangeInstrument(v, noFacts)
	for s := range wire.Slot(wire.Slots) {
		if in.Version(s) < 2 {
			t.Errorf("slot %d was not told of the halt", s)
		}
	}
	v.Seq++
	f.sinks["A"].ChangeInstrument(v, noFacts)
	if !strings.Contains(frame(in, false), "STALE_REASON_HALT") {
		t.Error(frame(in, false))
	}
	v.Status = outcryv1.TradingState_TRADING_STATE_TRADING
	f.sinks["A"].ChangeInstrument(v, noFacts)
	if strings.Contains(frame(in, false), "stale") {
		t.Error(frame(in, false))
	}
}

// A version is encoded for the first session and copied for the others; a stale
// copy, or a snapshot's in an update's place, would show another price.
func TestAppendGivesTheNewestVersionOnceEncoded(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	for seq := uint64(2); seq < 5; seq++ {
		f.change("A", seq)
		for _, e := range []wire.Encoding{wire.Binary, wire.JSON} {
			snapshot, at := in.Append([]byte("x"), e, wire.Quote, true)
			update, _ := in.Append([]byte("x"), e, wire.Quote, false)
			again, version := in.Append([]byte("x"), e, wire.Quote, false)
			if string(update) != string(again) || string(update) == string(snapshot) || version != at || at != in.Version(wire.Quote) {
				t.Errorf("seq %d: %q, %q, %q, version %d", seq, snapshot, update, again, version)
			}
		}
		if !strings.Contains(frame(in, false), `"bidPrice":"`+string(rune('0'+seq))) {
			t.Errorf("seq %d: %s", seq, frame(in, false))
		}
	}
}

// What a version says and its number must belong together, whoever changes the
// instrument meanwhile: else a session believes that it has sent the newest price.
func TestVersionsAndFramesBelongTogetherUnderLoad(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	const last = 3000
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		defer close(done)
		for seq := uint64(2); seq <= last; seq++ {
			f.change("A", seq)
		}
	})
	for range 4 {
		group.Go(func() {
			said := map[uint64]string{}
			for ended := false; !ended; {
				select {
				case <-done:
					ended = true // and one more look
				default:
				}
				p, version := in.Append(nil, wire.Binary, wire.Quote, false)
				if before, ok := said[version]; ok && before != string(p) {
					t.Errorf("version %d is %x and %x", version, before, p)
				}
				said[version] = string(p)
				if ended && version != last { // attaching was the first
					t.Errorf("the newest version is %d, not %d", version, last)
				}
			}
		})
	}
	group.Wait()
}
