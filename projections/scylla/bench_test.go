package scylla

import (
	"fmt"
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkWrite writes 10,000 rows a time, as the row writer does each second,
// to one node on the same machine: OUTCRY_ENGINES=1 go test -run '^$' -bench Write ./projections/scylla
func BenchmarkWrite(b *testing.B) {
	const rows = 10_000
	bid := int64(6_184_000_000_000)
	for _, c := range []struct {
		name string
		row  func(r *projections.Rows, i, round int)
	}{
		{"latest", func(r *projections.Rows, i, round int) {
			r.Latest = append(r.Latest, &outcryv1.Latest{Instrument: fmt.Sprintf("BENCH:I%05d", i), Seq: uint64(round), ClockUs: 1_700_000_000_000_000 + int64(round),
				Definition: &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, Currency: "USDT"},
				Quote:      &outcryv1.Quote{EventTimeNs: 1, ReceiveTimeNs: 2, BidPrice: &bid, BidSize: &bid, AskPrice: &bid, AskSize: &bid},
				Stats:      &outcryv1.SessionStats{Session: 1, Turnover: &outcryv1.Int128{Lo: 5}}})
		}},
		{"bars", func(r *projections.Rows, i, round int) {
			r.Bars = append(r.Bars, &outcryv1.Bar{Instrument: fmt.Sprintf("BENCH:I%05d", i), Resolution: outcryv1.Resolution_RESOLUTION_1M, Time: 60 * int64(round),
				Open: bid, High: bid, Low: bid, Close: bid, Volume: bid, Turnover: &outcryv1.Int128{Lo: 5}, Trades: 7, BarSeq: uint64(round + 1),
				State: outcryv1.BarState_BAR_STATE_CLOSED, ClockUs: 1_700_000_000_000_000 + int64(round)})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newStore(b, settings(b))
			write := func(round int) {
				r := &projections.Rows{}
				for i := range rows {
					c.row(r, i, round)
				}
				if err := s.Write(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
			write(0) // names and buckets are written once
			round := 0
			for b.Loop() {
				round++
				write(round)
			}
			b.ReportMetric(float64(rows*round)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(s.limit.now(), "in-flight")
		})
	}
}
