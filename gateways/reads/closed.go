package reads

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// ClosedBars gives the newest versions of closed bars (1s or 1m) whose bar_seq
// is after a seq, ascending by it, at most limit; more says that others follow.
// Where they are not stored, those up to lost (0: none) may be gone for ever.
func (r *Reads) ClosedBars(ctx context.Context, id string, resolution outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, more bool, lost uint64, err error) {
	s := r.seriesOf(id, resolution)
	live, err := s.alive(ctx)
	if err != nil {
		return nil, false, 0, fmt.Errorf("asking instrument %s: %w", id, err)
	}
	if !s.rows {
		bars, more, lost = s.remembered(live, after, limit)
		return bars, more, lost, nil
	}
	err = r.whole(ctx, events.Instrument, id, func() (err error) {
		if err = s.awaitBar(ctx, holeOf(live)); err == nil {
			bars, more, err = s.closed(ctx, live, after, limit)
		}
		return err
	})
	if err != nil {
		return nil, false, 0, fmt.Errorf("reading closed bars of %s: %w", id, err)
	}
	return bars, more, 0, nil
}

// closed reads rows until there is a page of bars that are not out of date.
func (s *series) closed(ctx context.Context, live []instrument.Bar, after uint64, limit int) (bars []*outcryv1.Bar, more bool, err error) {
	for {
		rows, err := s.store.BarsAfter(ctx, s.id, s.stored, after, limit+1)
		if err != nil {
			return nil, false, err
		}
		upTo, cut := uint64(math.MaxUint64), len(rows) > limit
		if cut {
			upTo = rows[limit].BarSeq
		}
		bars := s.overlay(rows, live, after, upTo)
		if len(bars) > 0 || !cut {
			return bars[:min(len(bars), limit)], cut || len(bars) > limit, nil
		}
		after = upTo // all these rows are out of date: their bars have later seqs
	}
}

// overlay puts the kept bars in the place of their rows: a bar that is kept is
// newer there. Only seqs in (after, upTo] are taken: what lies beyond the rows
// that were read may have rows of other bars before it.
func (s *series) overlay(rows []*outcryv1.Bar, live []instrument.Bar, after, upTo uint64) []*outcryv1.Bar {
	kept := map[int64]bool{}
	for i := range live {
		kept[live[i].Time] = true
	}
	rows = slices.DeleteFunc(rows, func(b *outcryv1.Bar) bool { return kept[b.Time] })
	for i := range live {
		if b := &live[i]; b.BarSeq > after && b.BarSeq <= upTo {
			rows = append(rows, b.Proto(s.id, s.kept))
		}
	}
	slices.SortFunc(rows, func(a, b *outcryv1.Bar) int { return cmp.Compare(a.BarSeq, b.BarSeq) })
	return rows
}

// holeOf is the highest seq below the newest that no kept bar has: a bar that
// was revised late and then left may have it.
func holeOf(live []instrument.Bar) (seq uint64) {
	seqs := map[uint64]bool{}
	for i := range live {
		seqs[live[i].BarSeq] = true
		seq = max(seq, live[i].BarSeq)
	}
	for seq > 0 && seqs[seq] {
		seq--
	}
	return seq
}
