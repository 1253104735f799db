package path

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A quantile that is off by more than it says would hide or invent a missed target.
func TestQuantilesAreWithinTwoPercent(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var s, other Spread
	var all []time.Duration
	for i := range 100_000 {
		d := time.Duration(random.ExpFloat64() * 3e6)
		all = append(all, d)
		if i%2 == 0 {
			s.Add(d)
		} else {
			other.Add(d)
		}
	}
	s.Merge(&other)
	slices.Sort(all)
	for _, q := range []float64{0, 0.5, 0.99, 0.999, 1} {
		want := all[int(q*float64(len(all)-1))]
		if got := s.Quantile(q); got < want || float64(got) > float64(want)*1.02+1 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if s.N != uint64(len(all)) || s.Most != all[len(all)-1] {
		t.Errorf("%d up to %v, want %d up to %v", s.N, s.Most, len(all), all[len(all)-1])
	}
}

// A step whose bound is below its own values would give a quantile that is too low.
func TestStepsHoldTheirValues(t *testing.T) {
	for _, v := range []uint64{0, 1, 63, 64, 65, 127, 128, 1000, 1<<20 - 1, 1 << 20, 1<<40 + 12345, 1<<63 - 1} {
		if bound := upTo(stepOf(v)); bound < v || bound-v > v/64 {
			t.Errorf("%d is in the step up to %d", v, bound)
		}
	}
}
