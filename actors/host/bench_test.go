package host

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"outcry/actors/instrument"
	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// nullWriter takes rows and forgets them.
type nullWriter struct{}

func (nullWriter) AwaitRoom(context.Context) error { return nil }

func (nullWriter) Offer(*projections.Rows) (bool, error) { return true, nil }

func (nullWriter) Add(_ context.Context, _ *projections.Rows, stored func()) error {
	if stored != nil {
		stored()
	}
	return nil
}

const (
	benchInstruments = 625 // of one shard of 16, with 10,000 in all
	benchRecords     = 400
	benchEvents      = 1000 // a record: 90 % quotes, 10 % trades, Zipf s=1
	benchStep        = 10 * time.Millisecond
)

// benchTape encodes definitions and then benchRecords records of live ticks.
func benchTape() (payloads [][]byte) {
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC).UnixNano()
	header := events.Header{Source: "feed", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: start}
	groups := make([]events.Group, benchInstruments)
	for i := range groups {
		ev := definition(1)
		groups[i] = events.Group{Instrument: fmt.Sprintf("SYM%05d", i), Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{ev}}
	}
	payloads = append(payloads, events.AppendBatch(nil, &events.Batch{Header: header, Instruments: groups}))
	weights, seqs := zipf(benchInstruments), make([]uint64, benchInstruments)
	for range benchRecords {
		header.IngestTime += int64(benchStep)
		at := map[int]int{}
		var batch []events.Group
		for range benchEvents {
			i := pick(weights, random.Float64())
			g, ok := at[i]
			if !ok {
				g = len(batch)
				at[i] = g
				batch = append(batch, events.Group{Instrument: groups[i].Instrument})
			}
			seqs[i]++
			batch[g].Ticks = append(batch[g].Ticks, benchTick(random, header.IngestTime, seqs[i]+1))
		}
		payloads = append(payloads, events.AppendBatch(nil, &events.Batch{Header: header, Instruments: batch}))
	}
	return payloads
}

func benchTick(random *rand.Rand, at int64, seq uint64) events.Tick {
	price := 10_000 + random.Int64N(50)
	if random.IntN(10) == 0 {
		return events.Tick{Kind: events.TradeTick, SourceSeq: seq, EventTime: at, Price: price, Size: 7, TradeID: int64(seq)}
	}
	return events.Tick{SourceSeq: seq, EventTime: at, Price: price, Size: 5, AskPrice: price + 1, AskSize: 6}
}

func zipf(n int) (cumulative []float64) {
	sum := 0.0
	for i := range n {
		sum += 1 / float64(i+1)
		cumulative = append(cumulative, sum)
	}
	for i := range cumulative {
		cumulative[i] /= sum
	}
	return cumulative
}

func pick(cumulative []float64, x float64) int {
	low, high := 0, len(cumulative)-1
	for low < high {
		if mid := (low + high) / 2; cumulative[mid] < x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// BenchmarkRecord is the way of a record through a shard, in ns an event:
// bare is decoding and folding with nothing around it; shard is the same in
// a shard with effects off; rows with rows gathered and handed to nobody, a
// flush of latest rows each second of the tape; checkpoints with those every 30 s, too.
func BenchmarkRecord(b *testing.B) {
	payloads := benchTape()
	b.Run("bare", func(b *testing.B) { benchBare(b, payloads) })
	b.Run("shard", func(b *testing.B) { benchShard(b, payloads, nil, 0) })
	b.Run("rows", func(b *testing.B) { benchShard(b, payloads, nullWriter{}, 0) })
	b.Run("checkpoints", func(b *testing.B) { benchShard(b, payloads, nullWriter{}, 1500) })
}

func perEvent(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchEvents, "ns/event")
}

func benchBare(b *testing.B, payloads [][]byte) {
	b.ReportAllocs()
	var states map[string]*instrument.State
	var decoder *events.Decoder
	var facts instrument.Facts
	fold := func(payload []byte) {
		batch, err := decoder.Decode(payload)
		if err != nil {
			b.Fatal(err)
		}
		for i := range batch.Instruments {
			g := &batch.Instruments[i]
			s := states[g.Instrument]
			if s == nil {
				s = instrument.New(g.Instrument)
				states[g.Instrument] = s
			}
			facts.Reset()
			s.Fold(batch, g, &facts)
		}
	}
	for i := range b.N {
		if i%benchRecords == 0 {
			b.StopTimer()
			states, decoder = map[string]*instrument.State{}, &events.Decoder{}
			fold(payloads[0])
			b.StartTimer()
		}
		fold(payloads[1+i%benchRecords])
	}
	perEvent(b)
}

func benchShard(b *testing.B, payloads [][]byte, w RowWriter, checkpointEvery int) {
	b.ReportAllocs()
	c := Config{Log: newMemoryLog(1, 1), Rows: w, Logger: slog.New(slog.DiscardHandler), CheckpointEvery: math.MaxInt64, CheckpointBytes: math.MaxInt64}.withDefaults()
	var s *shard
	fold := func(offset int) {
		_, err := s.fold(b.Context(), record{offset: int64(offset), payload: payloads[offset]})
		if err == nil && w != nil {
			err = s.effects.spill(b.Context())
		}
		if err == nil && w != nil && offset%int(time.Second/benchStep) == 0 {
			err = s.effects.flush(b.Context(), s.rules)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := range b.N {
		if i%benchRecords == 0 {
			b.StopTimer()
			s = newShard(&c, events.Instrument, 0)
			if w != nil {
				s.effects = newEffects(adding(w))
			}
			fold(0)
			b.StartTimer()
		}
		fold(1 + i%benchRecords)
		if checkpointEvery > 0 && i%checkpointEvery == checkpointEvery-1 {
			s.beginPacking("").step(math.MaxInt)
			s.packing = nil
		}
	}
	perEvent(b)
}

// BenchmarkCheckpoint is what a checkpoint of a shard's 625 busy instruments costs its
// turns: once to begin it, and then a step at a time.
func BenchmarkCheckpoint(b *testing.B) {
	payloads := benchTape()
	c := Config{Log: newMemoryLog(1, 1), Logger: slog.New(slog.DiscardHandler), CheckpointEvery: math.MaxInt64, CheckpointBytes: math.MaxInt64}.withDefaults()
	s := newShard(&c, events.Instrument, 0)
	for offset, payload := range payloads {
		if _, err := s.fold(b.Context(), record{offset: int64(offset), payload: payload}); err != nil {
			b.Fatal(err)
		}
	}
	var begin, longest time.Duration
	var size, steps int
	for b.Loop() {
		for _, e := range s.all {
			e.changed = true
		}
		started := time.Now()
		p := s.beginPacking("")
		begin += time.Since(started)
		for done := false; !done; steps++ {
			started := time.Now()
			done = p.step(stepBytes)
			longest = max(longest, time.Since(started))
		}
		size = 0
		for _, raw := range p.full {
			size += len(raw.data)
		}
	}
	b.ReportMetric(float64(begin.Microseconds())/float64(b.N), "begin-µs")
	b.ReportMetric(float64(longest.Microseconds()), "longest-step-µs")
	b.ReportMetric(float64(steps)/float64(b.N), "steps")
	b.ReportMetric(float64(size), "bytes")
}
