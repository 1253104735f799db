package instrument

import (
	"strconv"
	"testing"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

func see(t *testing.T, w *windows, key, seq uint64, want events.Verdict, wantGap uint64) {
	t.Helper()
	if v, gap := w.see(key, seq); v != want || gap != wantGap {
		t.Fatalf("key %d seq %d: verdict %d and gap %d, want %d and %d", key, seq, v, gap, want, wantGap)
	}
}

// TestAColdSourceIsNeverTakenForNew: with many sources, one that comes back and
// sends old ticks again must not have them counted twice.
func TestAColdSourceIsNeverTakenForNew(t *testing.T) {
	var w windows
	see(t, &w, 1, 100, events.New, 0)
	for key := uint64(2); key < 2+hotMax; key++ {
		see(t, &w, key, 5, events.New, 0)
	}
	see(t, &w, 1, 99, events.Late, 0)  // it was below 100 already then, nobody knows
	see(t, &w, 1, 100, events.Late, 0) // was seen
	see(t, &w, 1, 105, events.New, 4)  // exact again
	see(t, &w, 1, 100, events.Late, 0)
	see(t, &w, 1, 103, events.New, 0)
	see(t, &w, 1, 103, events.Duplicate, 0)
	see(t, &w, 1, 106, events.New, 0)
	see(t, &w, 1, 108, events.New, 1)
}

// TestTheSourceUsedLongestAgoTurnsCold: a busy source keeps its exact window
// however many others come and go.
func TestTheSourceUsedLongestAgoTurnsCold(t *testing.T) {
	var w windows
	see(t, &w, 1, 10, events.New, 0)
	for key := uint64(2); key < 100; key++ {
		see(t, &w, key, 1, events.New, 0)
		see(t, &w, 1, 10+key, events.New, map[bool]uint64{true: 1}[key == 2])
	}
	see(t, &w, 1, 11, events.New, 0)
	see(t, &w, 1, 11, events.Duplicate, 0)
	if len(w.hot) != hotMax || len(w.cold) != 99-hotMax {
		t.Fatalf("%d exact and %d cold windows", len(w.hot), len(w.cold))
	}
}

// TestSourcesAreBounded: a client that names a new source for every request
// must not make an instrument grow for ever.
func TestSourcesAreBounded(t *testing.T) {
	s := define(t, "A")
	var f Facts
	for i := range coldMax + 500 {
		b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
		b.Source = strconv.Itoa(i)
		f.Reset()
		s.Fold(b, group(b, []events.Tick{{SourceSeq: 1, EventTime: at0, Price: 1, AskPrice: 2}}), &f)
		if f.Accepted != 1 {
			t.Fatalf("source %d: %+v", i, f)
		}
	}
	if len(s.seen.hot) != hotMax || len(s.seen.cold) != coldMax {
		t.Fatalf("%d exact and %d cold windows", len(s.seen.hot), len(s.seen.cold))
	}
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	b.Source = strconv.Itoa(1000) // still known
	f.Reset()
	if s.Fold(b, group(b, []events.Tick{{SourceSeq: 1, EventTime: at0, Price: 1, AskPrice: 2}}), &f); f.Late != 1 {
		t.Fatalf("a cold source's tick: %+v", f)
	}
}
