package path

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"outcry/actors/instrument"
	"outcry/bench/load"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Base is what an event costs at least: decoded and folded from memory, with
// bars, tick blocks and hash, by one goroutine with nothing around it.
type Base struct {
	// NsPerEvent is CPU time of the process, the garbage collector's included:
	// the median of Rounds.
	NsPerEvent float64   `json:"ns_per_event"`
	Rounds     []float64 `json:"rounds"`
	Events     int       `json:"events"` // of a round
	PerRecord  int       `json:"per_record"`
}

const (
	basePerRecord  = 1000
	basePartitions = 16
	baseRounds     = 5
)

// baseFloor makes records as they stand in the log, and folds them.
type baseFloor struct {
	load      *load.Floor
	partition []int32 // by instrument
	open      [basePartitions]openRecord
	at, step  int64
	states    map[string]*instrument.State
	decoder   events.Decoder
	facts     instrument.Facts
}

// openRecord gathers a partition's ticks.
type openRecord struct {
	groups []events.Group
	number map[int]int // instrument → group
	ticks  int
}

// MeasureBase folds rounds of n events that come at a rate.
func MeasureBase(instruments, n int, rate float64, seed uint64) (Base, error) {
	f := &baseFloor{load: load.New(instruments, seed), states: map[string]*instrument.State{},
		at: time.Now().UnixNano(), step: max(1, int64(float64(time.Second)/rate))}
	if err := f.define(); err != nil {
		return Base{}, err
	}
	b := Base{Events: n, PerRecord: basePerRecord}
	for round := range baseRounds + 1 {
		records, events := f.records(n)
		runtime.GC() // what made the records is not what is measured
		before := CPUTime()
		for _, r := range records {
			if err := f.fold(r); err != nil {
				return Base{}, err
			}
		}
		if round > 0 { // the first fills states and caches
			b.Rounds = append(b.Rounds, float64(CPUTime()-before)/float64(events))
		}
	}
	b.NsPerEvent = median(b.Rounds)
	return b, nil
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func (f *baseFloor) define() error {
	for _, id := range f.load.IDs() {
		f.partition = append(f.partition, events.PartitionOf(id, basePartitions))
		ev := &outcryv1.TapeEvent{EventTimeNs: f.at, Event: &outcryv1.TapeEvent_Definition{Definition: load.Definition()}}
		b := events.Batch{Header: f.header(), Instruments: []events.Group{{Instrument: id, Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{ev}}}}
		if err := f.fold(events.AppendBatch(nil, &b)); err != nil {
			return err
		}
	}
	return nil
}

func (f *baseFloor) header() events.Header {
	return events.Header{Source: "bench", Epoch: "base", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: f.at}
}

// records encodes about n events; what is left in open records comes with the next round.
func (f *baseFloor) records(n int) (all [][]byte, count int) {
	for range n {
		i, t := f.load.Next(f.at)
		f.at += f.step
		o := &f.open[f.partition[i]]
		g, ok := o.number[i]
		if !ok {
			if o.number == nil {
				o.number = map[int]int{}
			}
			g = len(o.groups)
			o.number[i] = g
			o.groups = append(o.groups, events.Group{Instrument: f.load.IDs()[i]})
		}
		o.groups[g].Ticks = append(o.groups[g].Ticks, *t)
		if o.ticks++; o.ticks == basePerRecord {
			all = append(all, events.AppendBatch(nil, &events.Batch{Header: f.header(), Instruments: o.groups}))
			count += o.ticks
			*o = openRecord{}
		}
	}
	return all, count
}

func (f *baseFloor) fold(record []byte) error {
	batch, err := f.decoder.Decode(record)
	if err != nil {
		return fmt.Errorf("folding from memory: %w", err)
	}
	for i := range batch.Instruments {
		g := &batch.Instruments[i]
		s := f.states[g.Instrument]
		if s == nil {
			s = instrument.New(g.Instrument)
			f.states[g.Instrument] = s
		}
		f.facts.Reset()
		s.Fold(batch, g, &f.facts)
		if f.facts.Refused > 0 {
			return fmt.Errorf("folding from memory: %s was refused: %s", g.Instrument, f.facts.Refusals[0].Text)
		}
	}
	return nil
}
