package path

import (
	"math/bits"
	"time"
)

// stepBits: a Spread tells times apart by 1/64 of themselves.
const stepBits = 6

// Spread counts durations in steps of 1.6 % from 0 to centuries. The zero value
// is empty. One goroutine at a time.
type Spread struct {
	Counts [(65 - stepBits) << stepBits]uint64
	N      uint64
	Most   time.Duration
}

// Add counts one; a negative one (another process' clock) counts as 0.
func (s *Spread) Add(d time.Duration) {
	d = max(d, 0)
	s.Counts[stepOf(uint64(d))]++
	s.N++
	s.Most = max(s.Most, d)
}

// Merge adds what another one counted.
func (s *Spread) Merge(o *Spread) {
	for i, n := range o.Counts {
		s.Counts[i] += n
	}
	s.N += o.N
	s.Most = max(s.Most, o.Most)
}

// Quantile is the least duration that a share q of all does not exceed, at
// most 1.6 % too high.
func (s *Spread) Quantile(q float64) time.Duration {
	if s.N == 0 {
		return 0
	}
	rank := uint64(q*float64(s.N-1)) + 1
	for i, n := range s.Counts {
		if n >= rank {
			return min(time.Duration(upTo(i)), s.Most)
		}
		rank -= n
	}
	return s.Most
}

func stepOf(v uint64) int {
	e := bits.Len64(v >> stepBits)
	if e == 0 {
		return int(v)
	}
	return e<<stepBits + int(v>>(e-1)&(1<<stepBits-1))
}

// upTo is the highest value of a step.
func upTo(step int) uint64 {
	e := step >> stepBits
	if e == 0 {
		return uint64(step)
	}
	return (uint64(step&(1<<stepBits-1)|1<<stepBits)+1)<<(e-1) - 1
}
