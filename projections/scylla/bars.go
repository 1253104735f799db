package scylla

import (
	"cmp"
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
		args := []any{barPart(q.Instrument), resolution, bucket, q.Instrument, q.From, to}
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

// BarsAfter reads closed bars with bar_seq > after, ascending by bar_seq. bar_seqs says in
// which spans of time a stretch of seqs is, or once was: late revisions are behind others.
func (s *Store) BarsAfter(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, err error) {
	resolution, err := words.Resolution(r)
	if err != nil || limit < 1 {
		return nil, first(ctx, err)
	}
	here := stretch{seqs: -1}
	add := func() error {
		found, err := s.barsOf(ctx, instrument, resolution, here, after)
		bars = append(bars, found...)
		return err
	}
	err = s.walk(ctx, s.reads.barSeqs, 64, []any{instrument, resolution, seqBucket(after, barSeqBits)}, func(r row) (more bool, err error) {
		var seqs, bucket int64
		more = r(&seqs, &bucket)
		if !more || seqs != here.seqs {
			err = add()
			here = stretch{seqs: seqs}
		}
		here.buckets = append(here.buckets, bucket)
		return more && len(bars) < limit, err
	})
	if err != nil {
		return nil, err
	}
	return bars[:min(len(bars), limit)], nil
}

// stretch is a run of seqs of one instrument, and the spans of its bars.
type stretch struct {
	seqs    int64
	buckets []int64
}

// barsOf gives the bars of a stretch whose seq is higher than after.
func (s *Store) barsOf(ctx context.Context, instrument, resolution string, of stretch, after uint64) (bars []*outcryv1.Bar, err error) {
	from, to := max(int64(after), of.seqs<<barSeqBits-1), (of.seqs+1)<<barSeqBits
	found, err := fetch(ctx, of.buckets, func(ctx context.Context, bucket int64) (*[]*outcryv1.Bar, error) {
		var found []*outcryv1.Bar
		args := []any{barPart(instrument), resolution, bucket, instrument, from, to}
		err := each(ctx, s, s.reads.barsOfSeqs, pageMost, args, scanBar, func(b *outcryv1.Bar) bool {
			if b != nil {
				found = append(found, b)
			}
			return true
		})
		return &found, err
	})
	for _, some := range found {
		bars = append(bars, *some...)
	}
	slices.SortFunc(bars, func(a, b *outcryv1.Bar) int { return cmp.Compare(a.BarSeq, b.BarSeq) })
	return bars, err
}

func barArgs(b *outcryv1.Bar, resolution string, bucket int64, part int) []any {
	return []any{part, resolution, bucket, b.Instrument, b.Time, b.Open, b.High, b.Low, b.Close, b.Volume, words.Digits(b.Turnover),
		b.BuyVolume, int64(b.Trades), int64(b.FirstSeq), int64(b.LastSeq), int64(b.Revision), words.BarStates.Word(int32(b.State)), b.Dirty,
		int64(b.BarSeq), b.ClockUs, b.OpenTimeNs, b.CloseTimeNs, b.ClockUs}
}

// scanBar gives nil for a row that has only a mark.
func scanBar(r row) (*outcryv1.Bar, bool, error) {
	b := &outcryv1.Bar{}
	var resolution, turnover, state string
	var clock, marked *int64
	if !r(&resolution, &b.Instrument, &b.Time, &b.Open, &b.High, &b.Low, &b.Close, &b.Volume, &turnover, &b.BuyVolume,
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
