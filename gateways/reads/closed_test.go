package reads

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// closedAll reads closed minutes from the very first, page by page, and gives their seqs by open time.
func (h *house) closedAll(limit int) (seqs []uint64, newest map[int64]uint64) {
	h.t.Helper()
	newest = map[int64]uint64{}
	after := uint64(0)
	for more := true; more; {
		bars, m, _, err := h.ClosedBars(h.t.Context(), h.id, outcryv1.Resolution_RESOLUTION_1M, after, limit)
		if err != nil {
			h.t.Fatal(err)
		}
		if more = m; more && len(bars) == 0 {
			h.t.Fatal("an empty page says that there is more")
		}
		for _, b := range bars {
			if b.BarSeq <= after {
				h.t.Fatalf("seq %d after %d", b.BarSeq, after)
			}
			after = b.BarSeq
			seqs, newest[b.Time] = append(seqs, b.BarSeq), b.BarSeq
		}
	}
	return seqs, newest
}

// A client that resumes would never get the bars of the seqs that were jumped over.
// The rows of some kept bars are older than the bars, and other bars, which are not kept any
// more, were revised in between.
func TestClosedBarsJumpOverNone(t *testing.T) {
	h := newHouse(t)
	truth := map[int64]uint64{}
	note := func() {
		for _, b := range h.pending.Bars {
			if b.Resolution == outcryv1.Resolution_RESOLUTION_1M {
				truth[b.Time] = max(truth[b.Time], b.BarSeq)
			}
		}
	}
	for minute := range int64(101) {
		h.print(minute*60, 100, 1)
	}
	for minute := range int64(90) { // late: new versions of bars that will leave before the ten after them
		h.print(minute*60+1, 101, 1)
	}
	for minute := int64(101); minute < 215; minute++ {
		h.print(minute*60, 100, 1)
	}
	note()
	h.write()
	for minute := int64(96); minute < 101; minute++ {
		h.print(minute*60+2, 102, 1) // not written yet
	}
	note()
	for _, limit := range []int{3, 8, 40, 90} {
		seqs, newest := h.closedAll(limit)
		for at, seq := range truth {
			if newest[at] != seq {
				t.Fatalf("by %d: the bar of %d has seq %d, newest told %d of %d", limit, at, seq, newest[at], len(seqs))
			}
		}
	}
}

// The last version of a bar that was revised and then left the actor's memory is
// only in a row that may still be on its way.
func TestClosedBarsWaitForVersionsThatOnlyRowsWillHave(t *testing.T) {
	h := newHouse(t)
	for minute := range int64(120) {
		h.print(minute*60, 100, 1)
	}
	h.write()
	h.print(1, 101, 1)      // revises the first
	h.print(120*60, 100, 1) // which leaves
	answered := make(chan map[int64]uint64)
	go func() {
		_, newest := h.closedAll(50)
		answered <- newest
	}()
	select {
	case <-h.store.asked:
	case newest := <-answered:
		t.Fatalf("answered before the row was written: the first bar has seq %d", newest[day0])
	}
	h.write()
	if newest := <-answered; newest[day0] != 120 {
		t.Errorf("the first bar has seq %d", newest[day0])
	}
}
