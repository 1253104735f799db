package tickpack

import "math"

// clockSteps is the largest step of a clock, as a power of ten: a second.
const clockSteps = 9

// steps are what the numbers of a block are multiples of: what a clock, a tick
// size or a lot leaves out need not be said with each tick.
type steps struct {
	got   uint64    // most differences of receive times; the others have a rest
	at    [3]uint64 // all differences of event times, by kind: a power of 1,000
	price [2]uint64 // all differences of prices, of quotes and trades
	size  [2]uint64
}

// stepsOf finds them. A difference is to what the model tells it against.
func stepsOf(ticks []tick) (s steps) {
	var before [3]tick
	for i := range ticks {
		t := &ticks[i]
		p := &before[t.kind]
		s.at[t.kind] = common(s.at[t.kind], distance(t.at, p.at))
		if t.kind != eventKind {
			s.price[t.kind] = common(s.price[t.kind], distance(t.price, p.price))
			s.size[t.kind] = common(s.size[t.kind], t.size)
		}
		if t.kind == quoteKind {
			s.price[0] = common(s.price[0], distance(t.other, t.price))
			s.size[0] = common(s.size[0], t.amount)
		}
		*p = *t
	}
	for k, at := range s.at {
		s.at[k] = 1
		for s.at[k] < 1_000_000_000 && at != 0 && at%(s.at[k]*1000) == 0 {
			s.at[k] *= 1000
		}
	}
	for k := range 2 {
		s.price[k], s.size[k] = max(s.price[k], 1), max(s.size[k], 1)
		if s.price[k] > math.MaxInt64 {
			s.price[k] = 1
		}
	}
	s.got = clockStep(ticks)
	return s
}

// distance as the model sees it, which wraps.
func distance(a, b int64) uint64 {
	if d := a - b; d > 0 {
		return uint64(d)
	} else {
		return -uint64(d)
	}
}

// common divisor of what was seen so far and one more.
func common(divisor, v uint64) uint64 {
	if divisor == 1 || v == 0 {
		return divisor
	}
	for divisor != 0 {
		v, divisor = divisor, v%divisor
	}
	return v
}

// clockStep is the largest power of ten that at least half of the differences
// are multiples of. Clocks that tick in 100 ns are adjusted by single ns now and then.
func clockStep(ticks []tick) uint64 {
	var multiples [clockSteps]int
	all, before := 0, int64(0)
	for i := range ticks {
		if ticks[i].marks[0]&flagUnreceived != 0 {
			continue
		}
		d := ticks[i].got - before
		before = ticks[i].got
		all++
		for n := 0; n < len(multiples) && d%10 == 0; n++ {
			multiples[n]++
			d /= 10
		}
	}
	step := uint64(1)
	for _, n := range multiples {
		if n*2 <= all {
			break
		}
		step *= 10
	}
	return step
}
