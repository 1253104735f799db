package load

import (
	"math"
	"testing"

	"outcry/events"
)

// Figures of another load than the one that is said would mislead whoever reads them.
func TestLoadIsZipfWithOneTradeInTen(t *testing.T) {
	const n, instruments = 1_000_000, 10_000
	f := New(instruments, 1)
	counts, trades := make([]int, instruments), 0
	seqs := make([][2]uint64, instruments)
	for range n {
		i, tick := f.Next(5)
		counts[i]++
		seqs[i][tick.Kind]++
		if tick.SourceSeq != seqs[i][tick.Kind] || tick.Price <= 0 || tick.Size <= 0 || tick.EventTime != 5 {
			t.Fatalf("instrument %d: %+v", i, tick)
		}
		if tick.Kind == events.TradeTick {
			trades++
		}
	}
	if share := float64(trades) / n; math.Abs(share-0.1) > 0.002 {
		t.Errorf("share of trades %.3f", share)
	}
	harmonic := 0.0
	for i := range instruments {
		harmonic += 1 / float64(i+1)
	}
	for _, rank := range []int{0, 1, 9, 99} {
		want := n / harmonic / float64(rank+1)
		if got := float64(counts[rank]); math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("instrument %d has %.0f events, want about %.0f", rank, got, want)
		}
	}
}

// Two sessions with the same watch list, or one with doubles, would be less work than it says.
func TestSomeDrawsDifferentInstruments(t *testing.T) {
	for _, byWeight := range []bool{false, true} {
		seen := map[int]bool{}
		for _, i := range Some(1000, 200, byWeight, 7) {
			if i < 0 || i >= 1000 || seen[i] {
				t.Fatalf("by weight %v: %d is out of range or drawn twice", byWeight, i)
			}
			seen[i] = true
		}
		if len(seen) != 200 {
			t.Errorf("by weight %v: %d drawn", byWeight, len(seen))
		}
	}
}
