package relay

import (
	"testing"

	"outcry/actors/instrument"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: after a reconnection they would miss bars, or get some twice.
// What is attached has holes: only the newest version of each bar is kept. Items that
// push the oldest out must not make the stream look whole again where it is not.
func TestAStreamThatWasAttachedWithHolesStaysIncompleteBelowThem(t *testing.T) {
	in := newInstrument(New(Config{}), "A")
	var bars [instrument.Resolutions][]instrument.Bar
	for i := range int64(barItems) {
		bars[instrument.Second] = append(bars[instrument.Second],
			instrument.Bar{Time: i, BarSeq: uint64(2 * (i + 1)), State: outcryv1.BarState_BAR_STATE_REVISED})
	}
	in.mu.sink = &instrumentSink{in: in}
	in.mu.sink.AttachInstrument(&instrument.View{Defined: true}, bars)
	s := in.Stream(ClosedSecond)
	newest := uint64(2 * barItems)
	for seq := newest + 1; seq < newest+2*barItems; seq++ {
		in.mu.Lock()
		in.pushBar(instrument.Second, &instrument.Bar{Time: int64(seq), BarSeq: seq})
		in.mu.Unlock()
		if items, _, ok := s.After(nil, newest-2, barItems); ok {
			t.Fatalf("after seq %d came, the ring gives %d items after %d, and knows nothing of %d", seq, len(items), newest-2, newest-1)
		}
	}
	if items, complete, ok := s.After(nil, s.Floor(), 2*barItems); !ok || len(items) != barItems || complete != newest+2*barItems-1 {
		t.Errorf("the ring gives %d items up to %d (%v)", len(items), complete, ok)
	}
}
