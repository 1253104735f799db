package reads

import (
	"context"
	"math"

	"outcry/actors/instrument"
	outcryv1 "outcry/proto/outcry/v1"
)

func (r *Reads) seriesOf(id string, resolution outcryv1.Resolution) series {
	s := series{Reads: r, id: id, stored: outcryv1.Resolution_RESOLUTION_1M, kept: instrument.Minute, interval: seconds[resolution], rows: true}
	if resolution == outcryv1.Resolution_RESOLUTION_1S {
		s.stored, s.kept, s.rows = resolution, instrument.Second, r.live.SecondBarsStored()
	}
	return s
}

// keptFrom is the open time of the oldest bar where older ones may be gone; else 0.
// It is asked after the bars were read: what left meanwhile is not said to be there.
func (s *series) keptFrom(ctx context.Context) (int64, error) {
	if s.rows {
		return 0, nil
	}
	live, err := s.alive(ctx)
	if err != nil || len(live) < instrument.BarsKept {
		return 0, err
	}
	return live[0].Time, nil
}

// remembered answers with what the actor keeps. Bars that left it had seqs up to
// its hole at most; where none has left, a hole is only of versions that were revised.
func (s *series) remembered(live []instrument.Bar, after uint64, limit int) (bars []*outcryv1.Bar, more bool, lost uint64) {
	if hole := holeOf(live); len(live) >= instrument.BarsKept && hole > after {
		after, lost = hole, hole
	}
	bars = s.overlay(nil, live, after, math.MaxUint64)
	return bars[:min(len(bars), limit)], len(bars) > limit, lost
}
