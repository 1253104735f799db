package instrument

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

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

// slowWindows is the same by the book: everything seen is kept, in order of use.
type slowWindows struct {
	order []uint64 // used last first
	exact map[uint64]*events.Window
	floor map[uint64]uint64
	high  map[uint64]uint64
}

func (w *slowWindows) see(key, seq uint64) events.Verdict {
	place := slices.Index(w.order, key)
	if place >= hotMax || place < 0 {
		if place >= 0 && seq <= w.high[key] {
			// It stays cold, but is the last to be forgotten.
			w.order = slices.Insert(slices.Delete(w.order, place, place+1), hotMax, key)
			return events.Late
		}
		w.exact[key], w.floor[key] = &events.Window{}, w.high[key]
	}
	if place >= 0 {
		w.order = slices.Delete(w.order, place, place+1)
	}
	w.order = slices.Insert(w.order, 0, key)
	if seq <= w.floor[key] {
		return events.Late
	}
	w.high[key] = max(w.high[key], seq)
	v, _ := w.exact[key].See(seq)
	return v
}

// TestWindowsFollowTheBook: with many sources in any order, which of them are
// told exactly must be those used last, or duplicates are accepted.
func TestWindowsFollowTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var fast windows
		slow := slowWindows{exact: map[uint64]*events.Window{}, floor: map[uint64]uint64{}, high: map[uint64]uint64{}}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			key, seq := rapid.Uint64Range(1, 20).Draw(t, "key"), rapid.Uint64Range(1, 40).Draw(t, "seq")
			got, _ := fast.see(key, seq)
			if want := slow.see(key, seq); got != want {
				t.Fatalf("key %d seq %d: verdict %d, want %d", key, seq, got, want)
			}
		}
	})
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
