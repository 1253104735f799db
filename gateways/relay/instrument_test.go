package relay

import (
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

var noFacts, oneEvent = &instrument.Facts{}, &instrument.Facts{Accepted: 1}

// A stale owner may still tell; taking its word would set prices back.
func TestALateTellerDoesNoHarm(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	f.change("A", 9)
	before := in.Version(wire.Quote)
	f.change("A", 8)
	if in.Version(wire.Quote) != before || !strings.Contains(shown(in), `"seq":"9"`) {
		t.Error(shown(in))
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
		"quote":  {func() { v.Seq++ }, wire.Quote},
		"stats":  {func() { v.StatsSeq++ }, wire.Stats},
		"second": {func() { v.Bars[instrument.Second].Close++ }, wire.BarSecond},
		"minute": {func() { v.Bars[instrument.Minute].Close++ }, wire.BarMinute},
	} {
		f.sinks["A"].ChangeInstrument(v, noFacts)
		before := [wire.Slots]uint64{}
		for s := range before {
			before[s] = in.Version(wire.Slot(s))
		}
		c.change()
		f.sinks["A"].ChangeInstrument(v, noFacts)
		for s := range before {
			if changed := in.Version(wire.Slot(s)) != before[s]; changed != (wire.Slot(s) == c.slot) {
				t.Errorf("%s: slot %d changed=%v", name, s, changed)
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
	var before [wire.Slots]uint64
	for s := range before {
		before[s] = in.Version(wire.Slot(s))
	}
	v := viewOf("A", 2)
	v.Status = outcryv1.TradingState_TRADING_STATE_HALTED
	f.sinks["A"].ChangeInstrument(v, noFacts)
	for s := range wire.Slot(wire.Slots) {
		if in.Version(s) == before[s] {
			t.Errorf("slot %d was not told of the halt", s)
		}
	}
	v.Seq++
	f.sinks["A"].ChangeInstrument(v, noFacts)
	if !strings.Contains(shown(in), "STALE_REASON_HALT") {
		t.Error(shown(in))
	}
	v.Status = outcryv1.TradingState_TRADING_STATE_TRADING
	f.sinks["A"].ChangeInstrument(v, noFacts)
	if strings.Contains(shown(in), "stale") {
		t.Error(shown(in))
	}
}

// A version is encoded for the first session and copied for the others; a stale
// copy, or a snapshot's in an update's place, would show another price.
func TestAppendGivesTheNewestVersionOnceEncoded(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	for _, e := range []wire.Encoding{wire.Binary, wire.JSON} {
		early := in.Place(wire.Quote)
		appended(e, &early)
		for range 3 {
			seq := eventsOf(wire.Quote, in.Version(wire.Quote)) + 1
			f.change("A", seq)
			late := in.Place(wire.Quote)
			snapshot := read(t, e, appended(e, &late))
			before := early
			update, again := read(t, e, appended(e, &early)), read(t, e, appended(e, &before))
			if !snapshot.GetSnapshot() || update.GetSnapshot() || !proto.Equal(update, again) || stands(late) != stands(early) || before != early {
				t.Errorf("seq %d: %v, %v, %v", seq, snapshot, update, again)
			}
			if update.GetSeq() != seq || update.GetQuote().GetQuote().GetBidPrice() != int64(seq) || snapshot.GetSeq() != seq || eventsAt(&early) != seq {
				t.Errorf("seq %d: %v", seq, update)
			}
		}
	}
}

// stands is where a place is, without its book.
func stands(p Place) Place {
	return Place{line: p.line, slot: p.slot, version: p.version, span: p.span}
}

// eventsAt counts what a place was shown or told to have skipped, from whatever number on.
func eventsAt(p *Place) uint64 { return eventsOf(p.Slot(), p.version) }

// What a version says and its number must belong together, whoever changes the
// instrument meanwhile: else a session believes that it has sent the newest price.
func TestVersionsAndFramesBelongTogetherUnderLoad(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	const last = 3000
	var group sync.WaitGroup
	done := f.changing(&group, "A", last)
	for range 4 {
		group.Go(func() {
			p := in.Place(wire.Quote)
			seq := read(t, wire.Binary, appended(wire.Binary, &p)).GetSeq()
			meanwhile(done, func() {
				if !p.New() {
					return
				}
				u := read(t, wire.Binary, appended(wire.Binary, &p))
				if events := max(u.GetMerged().GetEvents(), 1); seq+events != u.GetSeq() || eventsAt(&p) != u.GetSeq() || u.GetQuote().GetQuote().GetBidPrice() != int64(u.GetSeq()) {
					t.Errorf("after %d came %v", seq, u)
				}
				seq = u.GetSeq()
			})
			if seq != last {
				t.Errorf("the newest version is %d, not %d", seq, last)
			}
		})
	}
	group.Wait()
}

// read is the update that was written.
func read(t interface {
	Helper()
	Fatalf(string, ...any)
}, e wire.Encoding, frame []byte) *outcryv1.Update {
	t.Helper()
	frames, err := &outcryv1.ServerFrames{}, error(nil)
	if message := e.Close(append(e.Open(nil), frame...)); e == wire.JSON {
		err = protojson.Unmarshal(message, frames)
	} else {
		err = proto.Unmarshal(message, frames)
	}
	if err != nil || len(frames.GetFrames()) != 1 {
		t.Fatalf("%v, %v", frames, err)
	}
	return frames.GetFrames()[0].GetUpdate()
}
