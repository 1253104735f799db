package instrument

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	benchInstruments = 10_000
	benchRecord      = 1000 // events
)

// floor is 10,000 instruments and records of 1,000 events for them: Zipf s=1,
// 90 % quotes, 10 % trades, in groups of 1 to 3.
type floor struct {
	states []*State
	rng    *rand.Rand
	zipf   []float64 // cumulative
	seqs   [][2]uint64
	mids   []int64
	at     int64
	id     int64
	batch  events.Batch
	ticks  []events.Tick
	owners []int
	facts  Facts
}

func newFloor(tb testing.TB) *floor {
	f := &floor{rng: rand.New(rand.NewPCG(1, 2)), at: at0 + second, batch: *batchOf(outcryv1.Mode_MODE_LIVE, 0),
		seqs: make([][2]uint64, benchInstruments), mids: make([]int64, benchInstruments)}
	sum := 0.0
	for i := range benchInstruments {
		f.states = append(f.states, define(tb, "I"+strconv.Itoa(i)))
		f.mids[i] = 10_000 + f.rng.Int64N(1_000_000)
		sum += 1 / float64(i+1)
		f.zipf = append(f.zipf, sum)
	}
	return f
}

func (f *floor) pick() int {
	x := f.rng.Float64() * f.zipf[len(f.zipf)-1]
	low, high := 0, len(f.zipf)-1
	for low < high {
		if mid := (low + high) / 2; f.zipf[mid] < x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// record fills the batch with events at a rate of so many a second.
func (f *floor) record(perSecond int64) {
	f.ticks, f.owners, f.batch.Instruments = f.ticks[:0], f.owners[:0], f.batch.Instruments[:0]
	for len(f.ticks) < benchRecord {
		i := f.pick()
		for range 1 + f.rng.IntN(3) {
			f.at += second / perSecond
			f.ticks = append(f.ticks, f.tick(i))
			f.owners = append(f.owners, i)
		}
	}
	for i := 0; i < len(f.ticks); {
		j := i + 1
		for j < len(f.ticks) && f.owners[j] == f.owners[i] {
			j++
		}
		f.owners[len(f.batch.Instruments)] = f.owners[i]
		f.batch.Instruments = append(f.batch.Instruments, events.Group{Ticks: f.ticks[i:j]})
		i = j
	}
	f.batch.IngestTime = f.at + 1_000_000
}

func (f *floor) tick(i int) events.Tick {
	size := func() int64 { return 1 + int64(math.Exp(3.2+1.1*f.rng.NormFloat64())) }
	f.mids[i] += f.rng.Int64N(5) - 2
	if f.rng.IntN(10) == 0 {
		f.seqs[i][1]++
		f.id++
		return events.Tick{Kind: events.TradeTick, SourceSeq: f.seqs[i][1], EventTime: f.at, ReceiveTime: f.at + f.rng.Int64N(500_000),
			Price: f.mids[i], Size: size(), Side: 1 + uint8(f.rng.IntN(2)), TradeID: f.id}
	}
	f.seqs[i][0]++
	return events.Tick{Kind: events.QuoteTick, SourceSeq: f.seqs[i][0], EventTime: f.at, ReceiveTime: f.at + f.rng.Int64N(500_000),
		Price: f.mids[i] - 1, Size: size(), AskPrice: f.mids[i] + 1, AskSize: size()}
}

func (f *floor) fold() {
	for g := range f.batch.Instruments {
		f.facts.Reset()
		f.states[f.owners[g]].Fold(&f.batch, &f.batch.Instruments[g], &f.facts)
	}
}

// encoded makes records as they stand in the log.
func (f *floor) encoded(records int) [][]byte {
	var all [][]byte
	for range records {
		f.record(200_000)
		for g := range f.batch.Instruments {
			f.batch.Instruments[g].Instrument = f.states[f.owners[g]].id
		}
		all = append(all, events.AppendBatch(nil, &f.batch))
	}
	return all
}

// BenchmarkFold is one event from memory through decoding and finding its
// state (decode), and through fold, bars, blocks and rolling hash as well. Their
// difference is the fold's.
func BenchmarkFold(b *testing.B) {
	const records = 500
	for _, folds := range []bool{false, true} {
		name := map[bool]string{false: "decode", true: "decode+fold"}[folds]
		b.Run(name, func(b *testing.B) {
			f := newFloor(b)
			byID := make(map[string]*State)
			for _, s := range f.states {
				byID[s.id] = s
			}
			for range 1000 {
				f.record(200_000)
				f.fold()
			}
			var d events.Decoder
			var all [][]byte
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += benchRecord {
				if r := n / benchRecord % records; r == 0 {
					b.StopTimer()
					all = f.encoded(records)
					b.StartTimer()
				}
				batch, err := d.Decode(all[n/benchRecord%records])
				if err != nil {
					b.Fatal(err)
				}
				for g := range batch.Instruments {
					group := &batch.Instruments[g]
					if state := byID[group.Instrument]; folds {
						f.facts.Reset()
						state.Fold(batch, group, &f.facts)
					} else if state == nil {
						b.Fatal(group.Instrument)
					}
				}
			}
		})
	}
}

// BenchmarkMemory is what an instrument takes after ten minutes at 20,000
// events/s. One run says it: -benchtime=1x.
func BenchmarkMemory(b *testing.B) {
	before := heap()
	f := newFloor(b)
	for range 12_000 {
		f.record(20_000)
		f.fold()
	}
	after := heap()
	flat, packed, buffers := 0, 0, 0
	for _, s := range f.states {
		for i := range s.rings {
			flat += cap(s.rings[i].hot)
			packed += cap(s.rings[i].old)
		}
		buffers += cap(s.block.data)
	}
	b.ReportMetric(float64(after-before)/benchInstruments, "B/instrument")
	b.ReportMetric(float64(flat)/benchInstruments, "bars/instrument")
	b.ReportMetric(float64(packed)/benchInstruments, "packedB/instrument")
	b.ReportMetric(float64(buffers)/benchInstruments, "blockB/instrument")
	runtime.KeepAlive(f)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
