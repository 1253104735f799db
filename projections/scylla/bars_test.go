package scylla

import (
	"fmt"
	"slices"
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: a client that resumes a stream of bars misses some, gets them out of
// order, or gets those of another instrument that lies in the same partition.
func TestClosedBarsAreReadOnThroughAllTheirPartitions(t *testing.T) {
	s := newStore(t, settings(t))
	neighbour := ""
	for n := 0; neighbour == ""; n++ {
		if name := fmt.Sprintf("N%d", n); barPart(name) == barPart("A") {
			neighbour = name
		}
	}
	truth := map[string]map[int64]uint64{"A": {}, neighbour: {}}
	const minute = outcryv1.Resolution_RESOLUTION_1M
	version := func(rows *projections.Rows, id string, n int64, seq uint64) {
		at := n * 60
		if id == "A" {
			at = n * 3600 // so that a stretch of seqs is spread over many days
		}
		truth[id][at] = seq
		rows.Bars = append(rows.Bars, &outcryv1.Bar{Instrument: id, Resolution: minute, Time: at, BarSeq: seq, ClockUs: int64(seq),
			State: outcryv1.BarState_BAR_STATE_CLOSED, Turnover: &outcryv1.Int128{}})
	}
	for id := range truth {
		rows, seq := &projections.Rows{}, uint64(0)
		for n := range int64(700) {
			seq++
			version(rows, id, n, seq)
			if n%10 == 9 { // a late print: the newest version of an older bar
				seq++
				version(rows, id, n-9, seq)
			}
		}
		rows.Bars = append(rows.Bars, &outcryv1.Bar{Instrument: id, Resolution: minute, Time: 5_000_000, ClockUs: 9, State: outcryv1.BarState_BAR_STATE_FORMING, Turnover: &outcryv1.Int128{}})
		rows.Dirty = append(rows.Dirty, projections.DirtyBar{Instrument: id, Resolution: minute, Time: 4_000_000, ClockUs: 9}) // without a row
		if err := s.Write(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	for id, bars := range truth {
		var want []uint64
		for _, seq := range bars {
			want = append(want, seq)
		}
		slices.Sort(want)
		for _, limit := range []int{1000, 100, 7} {
			for _, start := range []uint64{0, 255, 256, 400, 769, 770, 5000} {
				from, _ := slices.BinarySearch(want, start+1)
				var got []uint64
				for after, more := start, true; more && len(got) < 3*limit; {
					page, err := s.BarsAfter(t.Context(), id, minute, after, limit)
					if err != nil {
						t.Fatal(err)
					}
					for _, b := range page {
						if b.Instrument != id || bars[b.Time] != b.BarSeq {
							t.Fatalf("%s: a bar of %s at %d with seq %d", id, b.Instrument, b.Time, b.BarSeq)
						}
						after = b.BarSeq
						got = append(got, after)
					}
					more = len(page) == limit
				}
				if wanted := want[from:min(len(want), from+len(got))]; !slices.Equal(got, wanted) || len(got) < min(len(want)-from, 3*limit) {
					t.Errorf("%s after %d by %d: %d bars, %v", id, start, limit, len(got), got)
				}
			}
		}
	}
}
