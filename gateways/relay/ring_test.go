package relay

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// model is a stream that forgets nothing but what it is allowed to.
type model struct {
	seqs            []uint64
	floor, complete uint64
}

func (m *model) push(seq uint64, limit int) {
	if seq <= m.complete {
		return
	}
	m.complete = seq
	m.seqs = append(m.seqs, seq)
	if len(m.seqs) > limit {
		m.floor, m.seqs = max(m.floor, m.seqs[0]), m.seqs[1:]
	}
}

// A client's cursor must never be answered with a part of what follows it as if it were all.
func TestAStreamGivesEverythingAfterACursorOrSaysThatItCannot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, m := &Stream{mu: new(sync.Mutex), limit: rapid.IntRange(1, 9).Draw(t, "ring")}, model{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch seq := m.complete + rapid.Uint64Range(0, 3).Draw(t, "seq"); rapid.IntRange(0, 20).Draw(t, "what") {
			case 0:
				s.restart(seq)
				m = model{floor: seq, complete: seq}
			case 1, 2: // other events of the instrument lie between
				s.complete, m.complete = max(s.complete, seq), max(m.complete, seq)
			default:
				s.push(NewItem(seq, &outcryv1.Trade{}))
				m.push(seq, s.limit)
			}
			m.check(t, s)
		}
	})
}

func (m *model) check(t *rapid.T, s *Stream) {
	after, limit := rapid.Uint64Range(0, m.complete+2).Draw(t, "after"), rapid.IntRange(1, 10).Draw(t, "limit")
	items, complete, ok := s.After(nil, after, limit)
	if ok != (after >= m.floor) || s.Floor() != m.floor || s.Complete() != m.complete {
		t.Fatalf("after %d: %v; floor %d, complete %d of %+v", after, ok, s.Floor(), s.Complete(), m)
	}
	if !ok {
		return
	}
	want := slices.DeleteFunc(slices.Clone(m.seqs), func(seq uint64) bool { return seq <= after })
	end := max(m.complete, after)
	if len(want) > limit {
		want = want[:limit]
		end = want[limit-1]
	}
	got := make([]uint64, 0)
	for _, i := range items {
		got = append(got, i.Seq)
	}
	if !slices.Equal(want, got) || complete != end {
		t.Fatalf("after %d by %d: %v up to %d, want %v up to %d", after, limit, got, complete, want, end)
	}
	if from := s.Newest(limit); len(m.seqs) > 0 {
		n := len(slices.DeleteFunc(slices.Clone(m.seqs), func(seq uint64) bool { return seq <= from }))
		if n != min(limit, len(m.seqs)) {
			t.Fatalf("the newest %d begin after %d, which are %d", limit, from, n)
		}
	}
}
