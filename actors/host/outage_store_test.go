package host

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// mood is how an outageStore behaves.
type mood int

const (
	well  mood = iota
	hangs      // nothing returns until the mood changes or a context ends
	fails
	slow         // a row takes 50 ms
	hangsWriting // what was written can be read
)

var errAway = errors.New("the store is away")

// outageStore is a store that can be away. What it has it keeps as tables, by the rules of projections.Store.
type outageStore struct {
	projections.Store // nothing else is asked of it
	mu                sync.Mutex
	mood              mood
	changed           chan struct{}
	parts             *memoryStore // parts and checkpoints
	tables            tables
}

// tables are rows by key, as a store would have them.
type tables struct {
	Latest   map[string]*outcryv1.Latest
	Bars     map[barName]*outcryv1.Bar
	Dirty    map[barName]bool
	Blocks   map[blockName]*outcryv1.TickBlock
	Messages map[blockName]*outcryv1.Message
}

type barName struct {
	instrument string
	resolution outcryv1.Resolution
	time       int64
}

type blockName struct {
	id  string
	seq uint64
}

func newOutageStore() *outageStore {
	return &outageStore{changed: make(chan struct{}), parts: newMemoryStore(), tables: tables{map[string]*outcryv1.Latest{}, map[barName]*outcryv1.Bar{},
		map[barName]bool{}, map[blockName]*outcryv1.TickBlock{}, map[blockName]*outcryv1.Message{}}}
}

func (s *outageStore) turn(m mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
	close(s.changed)
	s.changed = make(chan struct{})
}

// answer waits as the mood demands; rows is 0 for what reads.
func (s *outageStore) answer(ctx context.Context, rows int) error {
	for {
		s.mu.Lock()
		mood, changed := s.mood, s.changed
		s.mu.Unlock()
		switch mood {
		case fails:
			return errAway
		case slow:
			time.Sleep(time.Duration(rows) * 50 * time.Millisecond)
		case hangs, hangsWriting:
			if mood == hangsWriting && rows == 0 {
				return nil
			}
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}

func (s *outageStore) Write(ctx context.Context, rows *projections.Rows) error {
	if err := s.answer(ctx, max(1, rows.Len())); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables.write(rows)
	return s.parts.Add(ctx, &projections.Rows{Parts: rows.Parts, Checkpoints: rows.Checkpoints}, nil)
}

func (t *tables) write(rows *projections.Rows) {
	for _, l := range rows.Latest {
		if old := t.Latest[l.Instrument]; old == nil || l.ClockUs > old.ClockUs {
			t.Latest[l.Instrument] = l
		}
	}
	for _, b := range rows.Bars {
		name := barName{b.Instrument, b.Resolution, b.Time}
		if old := t.Bars[name]; old == nil || b.ClockUs > old.ClockUs {
			t.Bars[name] = b
		}
	}
	for _, d := range rows.Dirty {
		if name := (barName{d.Instrument, d.Resolution, d.Time}); t.Bars[name] != nil {
			t.Dirty[name] = true
		}
	}
	for _, b := range rows.Blocks {
		t.Blocks[blockName{b.Instrument, b.FirstSeq}] = b
	}
	for _, m := range rows.Messages {
		if name := (blockName{m.Room, m.Seq}); t.Messages[name] == nil {
			t.Messages[name] = m
		}
	}
}

// now is what somebody who reads would find.
func (s *outageStore) now() tables {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables
	return tables{maps.Clone(t.Latest), maps.Clone(t.Bars), maps.Clone(t.Dirty), maps.Clone(t.Blocks), maps.Clone(t.Messages)}
}

func (s *outageStore) Checkpoints(ctx context.Context, kind events.Kind, partition int32) ([]projections.Checkpoint, error) {
	if err := s.answer(ctx, 0); err != nil {
		return nil, err
	}
	return s.parts.Checkpoints(ctx, kind, partition)
}

func (s *outageStore) Part(ctx context.Context, key projections.PartKey) ([]byte, error) {
	if err := s.answer(ctx, 0); err != nil {
		return nil, err
	}
	return s.parts.Part(ctx, key)
}

func (s *outageStore) Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error {
	if err := s.answer(ctx, 0); err != nil {
		return err
	}
	return s.parts.Prune(ctx, kind, partition, keep)
}
