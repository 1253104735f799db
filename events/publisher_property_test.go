package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// step is one call on a stream.
type step struct {
	kind   int // 0 and 1 ticks, 2 a tape event, 3 a room input
	entity int
	send   bool
}

// sent is what one Send was answered.
type sent struct {
	from, to  uint64 // sequences [from, to)
	positions []Position
	err       error
}

// driver is one stream and what it did: sequences count up from 0.
type driver struct {
	name  string
	steps []step
	sends []sent
}

// run plays the steps; the answers are complete when the publisher is closed.
func (d *driver) run(p *Publisher) error {
	s := p.Open(d.name, "e", outcryv1.Mode_MODE_LIVE)
	ctx := context.Background()
	from := uint64(0)
	d.sends = make([]sent, len(d.steps)+1) // so that answers have a fixed place
	for i, st := range d.steps {
		if err := addStep(ctx, s, st, uint64(i)); err != nil {
			return err
		}
		if st.send || i == len(d.steps)-1 {
			answer := &d.sends[i]
			answer.from, answer.to = from, uint64(i+1)
			from = uint64(i + 1)
			s.Send(func(positions []Position, err error) { answer.positions, answer.err = positions, err })
		}
	}
	return nil
}

func addStep(ctx context.Context, s *Stream, st step, seq uint64) error {
	id := fmt.Sprintf("entity%d", st.entity)
	switch st.kind {
	case 0:
		return s.Tick(ctx, id, &Tick{Kind: QuoteTick, SourceSeq: seq, Venue: s.Word(word(seq))}, "")
	case 1:
		return s.Tick(ctx, id, &Tick{Kind: TradeTick, SourceSeq: seq, Conditions: s.Word(word(seq))}, "ref"+word(seq))
	case 2:
		return s.Event(ctx, id, &outcryv1.TapeEvent{SourceSeq: seq})
	}
	return s.Room(ctx, id, &outcryv1.RoomInput{SourceSeq: seq})
}

func word(seq uint64) string { return fmt.Sprint("w", seq%5) }

// found is where the log has an input.
type found struct {
	position Position
	kind     int
	entity   string
}

// read finds everything that the log has of each stream, and checks the order.
func (l *memoryLog) read(recordBytes int) (map[string]map[uint64][]found, error) {
	all := map[string]map[uint64][]found{}
	for _, kind := range Kinds() {
		for partition, records := range l.records[kind-1] {
			newest, ingest := map[string]uint64{}, int64(0) // by source and entity
			for offset, payload := range records {
				b, err := new(Decoder).Decode(payload)
				if err != nil {
					return nil, err
				}
				if len(payload) > recordBytes || b.IngestTime < ingest {
					return nil, fmt.Errorf("record of %d bytes at ingest time %d after %d", len(payload), b.IngestTime, ingest)
				}
				ingest = b.IngestTime
				at := Position{Kind: kind, Partition: int32(partition), Offset: int64(offset)}
				inputs, err := inputsOf(b)
				if err != nil {
					return nil, err
				}
				for _, in := range inputs {
					if all[b.Source] == nil {
						all[b.Source] = map[uint64][]found{}
					}
					key := b.Source + " " + in.entity
					if in.seq+1 <= newest[key] || PartitionOf(in.entity, l.partitions) != at.Partition {
						return nil, fmt.Errorf("%s: input %d of %s comes after %d", at, in.seq, key, newest[key]-1)
					}
					newest[key] = in.seq + 1
					all[b.Source][in.seq] = append(all[b.Source][in.seq], found{at, in.kind, in.entity})
				}
			}
		}
	}
	return all, nil
}

type readInput struct {
	seq    uint64
	kind   int
	entity string
}

func inputsOf(b *Batch) (inputs []readInput, err error) {
	for _, g := range b.Instruments {
		for _, t := range g.Ticks {
			w, ref := b.wordAt(t.Venue)+b.wordAt(t.Conditions), ""
			if t.Kind == TradeTick {
				ref = g.Refs[t.Ref-1]
			}
			if t.Kind != EventTick && w != word(t.SourceSeq) || t.Kind == TradeTick && ref != "ref"+w {
				err = errors.Join(err, fmt.Errorf("input %d has the word %q and the ref %q", t.SourceSeq, w, ref))
			}
			inputs = append(inputs, readInput{t.SourceSeq, int(t.Kind), g.Instrument})
		}
	}
	for _, g := range b.Rooms {
		for _, in := range g.Inputs {
			inputs = append(inputs, readInput{in.SourceSeq, 3, g.Room})
		}
	}
	return inputs, err
}

func (b *Batch) wordAt(i uint16) string {
	if i == 0 {
		return ""
	}
	return b.Dictionary[i-1]
}

// check compares what a driver did and was told with what the log has.
func (d *driver) check(log map[uint64][]found) error {
	for _, s := range d.sends {
		told, used := map[Position]bool{}, map[Position]bool{}
		for _, p := range s.positions {
			told[p] = true
		}
		if len(told) != len(s.positions) {
			return fmt.Errorf("positions are told twice: %v", s.positions)
		}
		for seq := s.from; seq < s.to; seq++ {
			in, st := log[seq], d.steps[seq]
			if len(in) > 1 || s.err == nil && len(in) == 0 {
				return fmt.Errorf("input %d is in the log %d times, Send said %v", seq, len(in), s.err)
			}
			if len(in) == 0 {
				continue
			}
			if in[0].kind != st.kind || in[0].entity != fmt.Sprintf("entity%d", st.entity) {
				return fmt.Errorf("input %d, %+v, is in the log as %+v", seq, st, in[0])
			}
			if s.err == nil && !told[in[0].position] {
				return fmt.Errorf("input %d is at %s, Send said %v", seq, in[0].position, s.positions)
			}
			used[in[0].position] = true
		}
		if s.err == nil && len(used) != len(told) {
			return fmt.Errorf("Send said %v, its inputs are at %v", s.positions, used)
		}
	}
	return nil
}

// An input lost, doubled or overtaken on its way to the log is a price or a word that nobody said.
func TestEveryInputIsInOneRecordInOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{rapid.IntRange(0, 3).Draw(t, "kind"), rapid.IntRange(0, 12).Draw(t, "entity"), rapid.IntRange(0, 5).Draw(t, "send") == 0}
	}), 0, 200)
	rapid.Check(t, func(t *rapid.T) {
		log := newMemoryLog(rapid.IntRange(1, 4).Draw(t, "partitions"))
		c := PublisherConfig{RecordBytes: rapid.IntRange(1500, 20_000).Draw(t, "record")}
		c.MemoryBytes = rapid.IntRange(1, 40_000).Draw(t, "memory")
		var clock, over atomic.Int64
		c.Now = func() int64 { return clock.Add(1) % 7 } // goes back all the time
		failing := rapid.IntRange(0, 4).Draw(t, "failing")
		var p *Publisher
		log.fail = func(n int64) error {
			if p.memory.used.Load() > p.memory.limit {
				over.Add(1)
			}
			if failing > 0 && n%5 < int64(failing) {
				return errors.New("no")
			}
			return nil
		}
		drivers := make([]driver, rapid.IntRange(1, 4).Draw(t, "streams"))
		for i := range drivers {
			drivers[i] = driver{name: fmt.Sprint("source", i), steps: steps.Draw(t, "steps")}
		}
		p = NewPublisher(log, c)
		errs := make([]error, len(drivers))
		var wg sync.WaitGroup
		for i := range drivers {
			wg.Go(func() { errs[i] = drivers[i].run(p) })
		}
		wg.Wait()
		if err := errors.Join(append(errs, p.Close(context.Background()))...); err != nil {
			t.Fatal(err)
		}
		if used := p.memory.used.Load(); used != 0 || over.Load() != 0 {
			t.Fatalf("%d bytes are still counted; the bound was passed %d times", used, over.Load())
		}
		all, err := log.read(c.RecordBytes)
		if err != nil {
			t.Fatal(err)
		}
		for i := range drivers {
			if err := drivers[i].check(all[drivers[i].name]); err != nil {
				t.Fatalf("%s: %v", drivers[i].name, err)
			}
		}
	})
}
