package scylla

import (
	"context"
	"math"
	"slices"

	"outcry/projections"
	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

// Bars selects bars of 1s or 1m, ascending by time.
func (s *Store) Bars(ctx context.Context, q projections.BarsQuery) (bars []*outcryv1.Bar, err error) {
	resolution, err := words.Resolution(q.Resolution)
	if err != nil || q.Limit < 1 {
		return nil, first(ctx, err)
	}
	to, statement := q.To, s.reads.barsUp
	if to == 0 {
		to = math.MaxInt64
	}
	if q.Newest {
		statement = s.reads.barsDown
	}
	from, until := barBucket(resolution, q.From), barBucket(resolution, to)
	err = s.buckets(ctx, barsKind+resolution, q.Instrument, from, until, q.Newest, func(bucket int64) (bool, error) {
		args := []any{q.Instrument, resolution, bucket, q.From, to}
		err := each(ctx, s, statement, q.Limit-len(bars), args, scanBar, func(b *outcryv1.Bar) bool {
			if b != nil {
				bars = append(bars, b)
			}
			return len(bars) < q.Limit
		})
		return len(bars) < q.Limit, err
	})
	if err != nil {
		return nil, err
	}
	if q.Newest {
		slices.Reverse(bars)
	}
	return bars, nil
}

// BarsAfter reads closed bars with bar_seq > after, ascending by bar_seq. The
// index bars_by_seq keeps every version's seq; only that of the newest counts.
func (s *Store) BarsAfter(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, err error) {
	resolution, err := words.Resolution(r)
	if err != nil || limit < 1 {
		return nil, first(ctx, err)
	}
	err = s.buckets(ctx, barSeqsKind+resolution, instrument, seqBucket(after, barSeqBits), math.MaxInt64, false, func(bucket int64) (bool, error) {
		for more := true; more && len(bars) < limit; {
			found, last, err := s.barsBySeq(ctx, instrument, resolution, bucket, after, min(limit-len(bars), barsAsked))
			if err != nil {
				return false, err
			}
			bars, more = append(bars, found...), last > after
			after = max(after, last)
		}
		return len(bars) < limit, nil
	})
	return bars, err
}

// barsAsked bounds the bars that one question names by their times.
const barsAsked = 200

// barsBySeq gives the bars behind up to limit rows of the index, and the last
// seq that it has looked at (0: no more in this bucket).
func (s *Store) barsBySeq(ctx context.Context, instrument, resolution string, bucket int64, after uint64, limit int) (bars []*outcryv1.Bar, last uint64, err error) {
	times := map[int64][]int64{}          // of each bucket of bars
	wanted := map[int64]map[uint64]bool{} // time → its seqs in the index, of which one is the bar's
	n := 0
	err = s.walk(ctx, s.reads.barsBySeq, limit, []any{instrument, resolution, bucket, int64(after)}, func(r row) (bool, error) {
		var seq uint64
		var at int64
		if !r(&seq, &at) {
			return false, nil
		}
		if wanted[at] == nil {
			times[barBucket(resolution, at)] = append(times[barBucket(resolution, at)], at)
			wanted[at] = map[uint64]bool{}
		}
		wanted[at][seq], last = true, seq
		n++
		return n < limit, nil
	})
	for in, at := range times {
		if err != nil {
			break
		}
		err = each(ctx, s, s.reads.barsAt, len(at), []any{instrument, resolution, in, at}, scanBar, func(b *outcryv1.Bar) bool {
			if b != nil && wanted[b.Time][b.BarSeq] {
				bars = append(bars, b)
			}
			return true
		})
	}
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(bars, func(a, b *outcryv1.Bar) int { return int(int64(a.BarSeq) - int64(b.BarSeq)) })
	return bars, last, nil
}

func barArgs(b *outcryv1.Bar, resolution string) []any {
	return []any{b.Instrument, resolution, barBucket(resolution, b.Time), b.Time, b.Open, b.High, b.Low, b.Close, b.Volume, words.Digits(b.Turnover),
		b.BuyVolume, int64(b.Trades), int64(b.FirstSeq), int64(b.LastSeq), int64(b.Revision), words.BarStates.Word(int32(b.State)), b.Dirty,
		int64(b.BarSeq), b.ClockUs, b.OpenTimeNs, b.CloseTimeNs, b.ClockUs}
}

// scanBar gives nil for a row that has only a mark.
func scanBar(r row) (*outcryv1.Bar, bool, error) {
	b := &outcryv1.Bar{}
	var resolution, turnover, state string
	var clock, marked *int64
	if !r(&b.Instrument, &resolution, &b.Time, &b.Open, &b.High, &b.Low, &b.Close, &b.Volume, &turnover, &b.BuyVolume,
		&b.Trades, &b.FirstSeq, &b.LastSeq, &b.Revision, &state, &b.Dirty, &b.BarSeq, &clock, &b.OpenTimeNs, &b.CloseTimeNs, &marked) {
		return nil, false, nil
	}
	if clock == nil {
		return nil, true, nil
	}
	b.ClockUs = *clock
	// A mark counts for the versions that were there when it was made.
	b.Dirty = b.Dirty || marked != nil && *marked >= b.ClockUs
	n, err := words.ParseDigits(turnover)
	if err != nil {
		return nil, true, damaged(b.Instrument, err)
	}
	resolutionValue, err := words.Resolutions.Value(resolution)
	if err != nil {
		return nil, true, damaged(b.Instrument, err)
	}
	stateValue, err := words.BarStates.Value(state)
	b.Turnover, b.Resolution, b.State = n, outcryv1.Resolution(resolutionValue), outcryv1.BarState(stateValue)
	return b, true, damaged(b.Instrument, err)
}
