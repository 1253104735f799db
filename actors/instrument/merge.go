package instrument

import (
	"math"

	outcryv1 "outcry/proto/outcry/v1"
)

// Merge makes bars of a larger interval (seconds, a divisor of a day) out of
// bars of a smaller one, which are ascending by time. Sums are exact; a
// volume beyond int64 stays at the largest. A merged bar forms as long as one of
// its parts does, and is revised where one of them was; its BarSeq and ClockUs are
// the highest among them.
func Merge(minutes []Bar, interval int64) []Bar {
	var merged []Bar
	for i := range minutes {
		m := &minutes[i]
		start := m.Time - m.Time%interval
		if m.Time%interval < 0 {
			start -= interval
		}
		if n := len(merged); n > 0 && merged[n-1].Time == start {
			merged[n-1].join(m)
			continue
		}
		b := *m
		b.Time = start
		merged = append(merged, b)
	}
	return merged
}

// join adds a later bar.
func (b *Bar) join(m *Bar) {
	b.High, b.Low = max(b.High, m.High), min(b.Low, m.Low)
	b.Close, b.CloseTimeNs = m.Close, m.CloseTimeNs
	b.Volume, b.BuyVolume = saturated(b.Volume, m.Volume), saturated(b.BuyVolume, m.BuyVolume)
	b.Turnover = b.Turnover.Add(m.Turnover)
	b.Trades += m.Trades
	b.FirstSeq, b.LastSeq = min(b.FirstSeq, m.FirstSeq), max(b.LastSeq, m.LastSeq)
	b.BarSeq, b.ClockUs = max(b.BarSeq, m.BarSeq), max(b.ClockUs, m.ClockUs)
	b.Revision += m.Revision
	b.Dirty = b.Dirty || m.Dirty
	if b.State != outcryv1.BarState_BAR_STATE_FORMING &&
		(m.State == outcryv1.BarState_BAR_STATE_FORMING || m.State == outcryv1.BarState_BAR_STATE_REVISED) {
		b.State = m.State
	}
}

func saturated(a, b int64) int64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxInt64
}
