package reads

import (
	"context"
	"fmt"
	"math"
	"slices"

	"outcry/actors/instrument"
	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// seconds of each resolution.
var seconds = map[outcryv1.Resolution]int64{
	outcryv1.Resolution_RESOLUTION_1S: 1, outcryv1.Resolution_RESOLUTION_1M: 60, outcryv1.Resolution_RESOLUTION_5M: 300,
	outcryv1.Resolution_RESOLUTION_15M: 900, outcryv1.Resolution_RESOLUTION_1H: 3600, outcryv1.Resolution_RESOLUTION_1D: 86400,
}

// Bars of one instrument, ascending. What is larger than 1m is merged from it.
func (r *Reads) Bars(ctx context.Context, q *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error) {
	v, err := r.defined(ctx, q.Instrument)
	if err != nil {
		return nil, err
	}
	s := r.seriesOf(q.Instrument, q.Resolution)
	answer := &outcryv1.BarsResponse{Definition: v.Latest().Definition}
	var bars []instrument.Bar
	if q.CountBack > 0 {
		bars, err = s.newest(ctx, q.To, int(q.CountBack))
	} else {
		bars, answer.More, err = s.between(ctx, q.From, q.To, int(q.Limit))
	}
	if err != nil {
		return nil, fmt.Errorf("reading bars of %s: %w", q.Instrument, err)
	}
	for _, b := range bars {
		answer.Bars = append(answer.Bars, b.Proto(q.Instrument, s.kept))
		answer.Bars[len(answer.Bars)-1].Resolution = q.Resolution
	}
	if len(bars) == 0 && q.From > 0 {
		if answer.NextTime, err = s.before(ctx, q.From); err != nil {
			return nil, fmt.Errorf("reading the bar before: %w", err)
		}
	}
	if answer.KeptFrom, err = s.keptFrom(ctx); err != nil {
		return nil, fmt.Errorf("asking instrument %s: %w", q.Instrument, err)
	}
	return answer, nil
}

// series reads one resolution of one instrument.
type series struct {
	*Reads
	id       string
	stored   outcryv1.Resolution // what the store has: 1s or 1m
	kept     int                 // the same in the live state
	interval int64               // seconds that are asked for
	rows     bool                // the store has them; else there are those that the actor keeps
}

// floor is the open time of the interval that holds t.
func (s *series) floor(t int64) int64 {
	open := t - t%s.interval
	if open > t {
		open -= s.interval
	}
	return open
}

// ceil is the first open time that is not before t; 0, no end, stays. A bar
// that opens before t belongs to the answer, and is whole also where t lies inside it.
func (s *series) ceil(t int64) int64 {
	open := s.floor(t)
	if t == 0 || open == t || open > math.MaxInt64-s.interval {
		return t
	}
	return open + s.interval
}

// factor is how many stored bars an interval can hold.
func (s *series) factor() int {
	return int(s.interval / seconds[s.stored])
}

func (s *series) merge(bars []instrument.Bar) []instrument.Bar {
	if s.factor() == 1 {
		return bars
	}
	return instrument.Merge(bars, s.interval)
}

// What one answer costs: rows are read and merged a piece at a time, and of a
// range of years no more than a year of minutes.
const (
	rowsAtOnce = 20_000
	rowsMost   = 600_000
)

// newest gives the n newest bars that open before to (0: now); fewer where rowsMost end before.
func (s *series) newest(ctx context.Context, to int64, n int) (bars []instrument.Bar, err error) {
	q := projections.BarsQuery{To: s.ceil(to), Newest: true}
	for left := s.rowsMost; ; {
		q.Limit = min(s.rowsAtOnce, (n+1-len(bars))*s.factor())
		piece, err := s.read(ctx, q)
		if err != nil {
			return nil, err
		}
		bars = s.merge(append(piece, bars...))
		left -= len(piece)
		switch {
		case len(piece) < q.Limit || len(bars) > n:
			return bars[max(0, len(bars)-n):], nil
		case left <= 0 && len(bars) > 1:
			return bars[1:], nil // the first may not be whole
		}
		q.To = piece[0].Time
	}
}

// between gives at most limit bars that open in [from, to), fewer where
// rowsMost end before; more says that others follow.
func (s *series) between(ctx context.Context, from, to int64, limit int) (bars []instrument.Bar, more bool, err error) {
	if open := s.floor(from); open < from {
		from = open + s.interval
	}
	q := projections.BarsQuery{From: from, To: s.ceil(to)}
	for left := s.rowsMost; ; {
		q.Limit = min(s.rowsAtOnce, (limit+1-len(bars))*s.factor())
		piece, err := s.read(ctx, q)
		if err != nil {
			return nil, false, err
		}
		bars = s.merge(append(bars, piece...))
		left -= len(piece)
		switch {
		case len(piece) < q.Limit || len(bars) > limit:
			return bars[:min(len(bars), limit)], len(bars) > limit, nil
		case left <= 0 && len(bars) > 1:
			return bars[:len(bars)-1], true, nil // the last may not be whole
		}
		q.From = piece[len(piece)-1].Time + 1
	}
}

// before is the open time of the closest bar before t; 0 where there is none.
func (s *series) before(ctx context.Context, t int64) (int64, error) {
	bars, err := s.newest(ctx, t, 1)
	if err != nil || len(bars) == 0 {
		return 0, err
	}
	return bars[0].Time, nil
}

// written waits until the store has what the actor no longer keeps. Versions of
// closed bars are numbered densely and written in order, so the row before the
// lowest number that is kept, or any later one, says that all before are there.
func (s *series) written(ctx context.Context, live []instrument.Bar) error {
	lowest := uint64(0)
	for _, b := range live {
		if b.BarSeq > 0 && (lowest == 0 || b.BarSeq < lowest) {
			lowest = b.BarSeq
		}
	}
	if lowest == 0 {
		return nil
	}
	return s.awaitBar(ctx, lowest-1)
}

// awaitBar waits for a row of that seq or a later one; there is none to wait for below 1.
func (s *series) awaitBar(ctx context.Context, seq uint64) error {
	if seq == 0 {
		return nil
	}
	return s.awaitWhole(ctx, events.Instrument, s.id, func() (bool, error) {
		rows, err := s.store.BarsAfter(ctx, s.id, s.stored, seq-1, 1)
		return len(rows) > 0, err
	})
}

// alive are the bars that the actor keeps.
func (s *series) alive(ctx context.Context) (bars []instrument.Bar, err error) {
	err = s.live.Instrument(ctx, s.id, func(st *instrument.State) {
		if st != nil {
			bars = st.Bars(s.kept, nil)
		}
	})
	return bars, err
}

// read joins the store's rows with the bars that the actor keeps, which are newer where both have one.
func (s *series) read(ctx context.Context, q projections.BarsQuery) ([]instrument.Bar, error) {
	q.Instrument, q.Resolution = s.id, s.stored
	live, err := s.alive(ctx)
	if err != nil {
		return nil, err
	}
	var rows []*outcryv1.Bar
	if s.rows && len(live) >= instrument.BarsKept { // else every bar that there was is among them
		err = s.whole(ctx, events.Instrument, s.id, func() (err error) {
			if err = s.written(ctx, live); err == nil {
				rows, err = s.store.Bars(ctx, q)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	byTime := map[int64]instrument.Bar{}
	for _, row := range rows {
		byTime[row.Time] = instrument.BarOf(row)
	}
	for _, b := range live {
		if b.Time >= q.From && (q.To == 0 || b.Time < q.To) {
			byTime[b.Time] = b
		}
	}
	bars := make([]instrument.Bar, 0, len(byTime))
	for _, b := range byTime {
		bars = append(bars, b)
	}
	slices.SortFunc(bars, func(a, b instrument.Bar) int { return int(a.Time - b.Time) })
	switch {
	case len(bars) <= q.Limit:
	case q.Newest:
		bars = bars[len(bars)-q.Limit:]
	default:
		bars = bars[:q.Limit]
	}
	return bars, nil
}
