package scylla

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkWrite writes 10,000 rows (1,000 blocks) a time, as the row writer does each second,
// to one node on the same machine: OUTCRY_ENGINES=1 go test -run '^$' -bench Write ./projections/scylla
func BenchmarkWrite(b *testing.B) {
	const rows = 10_000
	bid, noise := int64(6_184_000_000_000), make([]byte, 5<<10)
	rand.NewChaCha8([32]byte{}).Read(noise)
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
		{"blocks", func(r *projections.Rows, i, round int) {
			if i%10 == 0 { // a tenth as many: a block is 1,000 ticks, 5 KB that hardly shrink
				r.Blocks = append(r.Blocks, &outcryv1.TickBlock{Instrument: fmt.Sprintf("BENCH:I%05d", i), Day: 19_000, FirstSeq: uint64(1000*round + 1), LastSeq: uint64(1000*round + 1000),
					Ticks: 1000, ClockUs: 1_700_000_000_000_000 + int64(round), Data: noise})
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newStore(b, settings(b))
			written := 0
			write := func(round int) {
				r := &projections.Rows{}
				for i := range rows {
					c.row(r, i, round)
				}
				if err := s.Write(b.Context(), r); err != nil {
					b.Fatal(err)
				}
				written += r.Len()
			}
			write(0) // names and buckets are written once
			round := 0
			written = 0
			for b.Loop() {
				round++
				write(round)
			}
			b.ReportMetric(float64(written)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(s.limit.now(), "in-flight")
		})
	}
}
