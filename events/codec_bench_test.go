package events

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

const (
	benchInstruments = 10_000
	benchPartitions  = 16
)

// zipfTicks gives ticks of 10,000 instruments with Zipf activity (s = 1), 90 % quotes and 10 % trades.
func zipfTicks(n int) (ids []string, instruments []int, ticks []Tick) {
	rng := rand.New(rand.NewPCG(1, 2))
	sums := make([]float64, benchInstruments)
	sum := 0.0
	for i := range sums {
		sum += 1 / float64(i+1)
		sums[i] = sum
		ids = append(ids, fmt.Sprintf("DEMO:I%05d", i))
	}
	seqs := make([]uint64, benchInstruments)
	now := int64(1_700_000_000_000_000_000)
	for range n {
		at, i := rng.Float64()*sum, 0
		for lo, hi := 0, len(sums); lo < hi; i = lo { // the first sum that is not below
			if mid := (lo + hi) / 2; sums[mid] < at {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		i = min(i, benchInstruments-1)
		seqs[i]++
		now += 2_500
		price := int64(100_000 + 50*math.Sin(float64(n)) + float64(rng.IntN(20)))
		t := Tick{Kind: QuoteTick, SourceSeq: seqs[i], EventTime: now, Price: price, Size: 1 + rng.Int64N(500), AskPrice: price + 1 + rng.Int64N(3), AskSize: 1 + rng.Int64N(500)}
		if rng.IntN(10) == 0 {
			t = Tick{Kind: TradeTick, SourceSeq: seqs[i], EventTime: now, Price: price, Size: t.Size, Side: 1, TradeID: int64(seqs[i])}
		}
		instruments = append(instruments, i)
		ticks = append(ticks, t)
	}
	return ids, instruments, ticks
}

// benchBatches groups Zipf ticks into records of one partition with about n events each.
func benchBatches(n int) (batches []*Batch, events int) {
	ids, instruments, ticks := zipfTicks(max(100_000, 40*benchPartitions*n))
	groups, byID, count := []Group{}, map[int]int{}, 0
	for i, t := range ticks {
		if PartitionOf(ids[instruments[i]], benchPartitions) != 3 {
			continue
		}
		g, ok := byID[instruments[i]]
		if !ok {
			g = len(groups)
			byID[instruments[i]] = g
			groups = append(groups, Group{Instrument: ids[instruments[i]]})
		}
		groups[g].Ticks = append(groups[g].Ticks, t)
		if count++; count == n {
			batches = append(batches, &Batch{Header: Header{Source: "bench.quote", Epoch: "2026-01-01", Mode: 1, IngestTime: t.EventTime}, Instruments: groups})
			groups, byID, count, events = []Group{}, map[int]int{}, 0, events+n
		}
	}
	return batches, events
}

func BenchmarkEncode(b *testing.B) {
	for _, n := range []int{8, 64, 1000} {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			batches, events := benchBatches(n)
			var buf []byte
			bytes := 0
			for _, batch := range batches {
				buf = AppendBatch(buf[:0], batch)
				bytes += len(buf)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				buf = AppendBatch(buf[:0], batches[i%len(batches)])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
			b.ReportMetric(float64(bytes)/float64(events), "B/event")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{8, 64, 1000} {
		batches, _ := benchBatches(n)
		payloads := make([][]byte, len(batches))
		for i, batch := range batches {
			payloads[i] = AppendBatch(nil, batch)
		}
		var d Decoder
		b.Run(fmt.Sprintf("events=%d/by=hand", n), func(b *testing.B) {
			for _, p := range payloads { // ids are interned, slabs grown
				if _, err := d.Decode(p); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := d.Decode(payloads[i%len(payloads)]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
		})
		b.Run(fmt.Sprintf("events=%d/by=generated", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := proto.Unmarshal(payloads[i%len(payloads)], new(outcryv1.Batch)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
		})
	}
}
