package instrument

import "slices"

// TallyMinutes is how many minutes a Tally tells apart: a client that was held up for
// longer has to read bars. More would cost a client's node 128 B each and instrument.
const TallyMinutes = 60

// Tally sums trades by the minute of their event time, as the bars do: what a client
// has to add to bars of its own for trades that it was not shown. The zero value is
// empty. At most TallyMinutes are told apart, the newest ones; of those before only the sum is kept.
type Tally struct {
	minutes []minute // ascending by time
	earlier sums
	upTo    int64 // the newest minute in earlier
}

type minute struct {
	time int64 // seconds since 1970 UTC
	sums
}

// Reset empties t and keeps its memory.
func (t *Tally) Reset() { t.minutes, t.earlier, t.upTo = t.minutes[:0], sums{}, 0 }

// Empty says that there was no trade.
func (t *Tally) Empty() bool { return len(t.minutes) == 0 && t.earlier.trades == 0 }

// Merge adds trades that came later than those of t.
func (t *Tally) Merge(later *Tally) {
	if later.earlier.trades > 0 {
		t.forget(later.upTo)
		t.earlier.join(&later.earlier)
	}
	for i := range later.minutes {
		m := &later.minutes[i]
		t.of(m.time).join(&m.sums)
	}
}

// Minutes counts the minutes that are told apart.
func (t *Tally) Minutes() int { return len(t.minutes) }

// Minute is one of them, oldest first: the part of its bar that these trades make.
func (t *Tally) Minute(i int) Bar { return t.minutes[i].part(t.minutes[i].time) }

// Earlier is the sum of what lies before the minutes that are told apart; without trades it is nothing.
func (t *Tally) Earlier() Bar { return t.earlier.part(t.upTo) }

func (t *Tally) add(tr *trade) { t.of(startOf(Minute, tr.at) / second).add(tr) }

// of is where a minute's trades are summed.
func (t *Tally) of(time int64) *sums {
	i := len(t.minutes)
	for i > 0 && t.minutes[i-1].time > time {
		i--
	}
	switch {
	case i > 0 && t.minutes[i-1].time == time:
		return &t.minutes[i-1].sums
	case t.earlier.trades > 0 && time <= t.upTo:
		return &t.earlier
	case len(t.minutes) == TallyMinutes && i == 0:
		t.upTo = time
		return &t.earlier
	case len(t.minutes) == TallyMinutes:
		t.forget(t.minutes[0].time)
		i--
	}
	t.minutes = slices.Insert(t.minutes, i, minute{time: time})
	return &t.minutes[i].sums
}

// forget stops to tell apart the minutes up to a time.
func (t *Tally) forget(upTo int64) {
	n := 0
	for n < len(t.minutes) && t.minutes[n].time <= upTo {
		t.earlier.join(&t.minutes[n].sums)
		n++
	}
	t.minutes = slices.Delete(t.minutes, 0, n)
	if t.upTo < upTo || t.earlier.trades == 0 {
		t.upTo = upTo
	}
}

// join adds sums of other trades. Those of the same event time came later.
func (s *sums) join(o *sums) {
	if s.trades == 0 {
		*s = *o
		return
	}
	if o.openAt < s.openAt {
		s.open, s.openAt = o.open, o.openAt
	}
	if o.closeAt >= s.closeAt {
		s.close, s.closeAt = o.close, o.closeAt
	}
	s.high, s.low = max(s.high, o.high), min(s.low, o.low)
	s.volume, s.buy = saturated(s.volume, o.volume), saturated(s.buy, o.buy)
	s.turnover = s.turnover.Add(o.turnover)
	s.trades += o.trades
	s.firstSeq, s.lastSeq = min(s.firstSeq, o.firstSeq), max(s.lastSeq, o.lastSeq)
}

func (s *sums) part(time int64) Bar {
	return Bar{Time: time, Open: s.open, High: s.high, Low: s.low, Close: s.close, Volume: s.volume, BuyVolume: s.buy,
		Turnover: s.turnover, Trades: s.trades, FirstSeq: s.firstSeq, LastSeq: s.lastSeq, OpenTimeNs: s.openAt, CloseTimeNs: s.closeAt}
}
