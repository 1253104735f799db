package host

import (
	"context"
	"fmt"
	"sync/atomic"

	"outcry/actors/instrument"
	"outcry/projections"
)

// rowsBatch is how many gathered rows are handed over without waiting for the flush.
const rowsBatch = 512

// effects is what a shard says to the world: rows and sinks. A shard without
// them folds the same.
type effects struct {
	hand  handing
	drop  func() // told when rows were refused and are gone
	rows  *projections.Rows
	dirty []*entity // their latest rows wait for the flush
	ticks int
	// owing: the store is owed rows, and a catch-up brings them. dropping: and none are gathered meanwhile.
	owing, dropping bool
	// watches of entities that may not exist yet; the caller bounds them (one a relay).
	watches map[string][]*watch
}

// handing takes rows on their way to the store. taken is false where there is no room for them.
type handing func(ctx context.Context, rows *projections.Rows) (taken bool, err error)

// adding waits until there is room.
func adding(w RowWriter) handing {
	return func(ctx context.Context, rows *projections.Rows) (bool, error) {
		err := w.Add(ctx, rows, nil)
		return err == nil, err
	}
}

// watch is one sink of one entity.
type watch struct {
	sink    any // InstrumentSink or RoomSink
	wants   instrument.Wants
	stopped atomic.Bool
}

func newEffects(hand handing) *effects {
	return &effects{hand: hand, drop: func() {}, rows: &projections.Rows{}, watches: map[string][]*watch{}}
}

// route takes the facts of e's turn to rows and sinks.
func (f *effects) route(r rules, e *entity) {
	if !f.dropping {
		r.rows(e.id, e.state, f.rows)
	}
	if !e.dirty {
		e.dirty = true
		f.dirty = append(f.dirty, e)
	}
	if len(e.watches) > 0 {
		r.tell(e.state, e.watches)
	}
}

// writeLatest gathers the rows that e kept back.
func (f *effects) writeLatest(r rules, e *entity) {
	e.dirty = false
	r.latest(e.id, e.state, f.rows)
}

// spill hands over what is gathered once it is much.
func (f *effects) spill(ctx context.Context) error {
	if f.rows.Len() < rowsBatch {
		return nil
	}
	return f.handOver(ctx)
}

// latestFlushes is how many flushes pass between two in which latest rows and forming
// bars are gathered. They change with every event, cost the store more than everything
// else together, and whoever asks this node gets them from the actors: writing them
// every second took a quarter of all CPU at 200,000 events/s.
const latestFlushes = 2

// tick is one FlushEvery: what is gathered is handed over, with what was kept back in every latestFlushes-th.
func (f *effects) tick(ctx context.Context, r rules) error {
	f.ticks++
	if f.ticks%latestFlushes != 0 {
		return f.handOver(ctx)
	}
	return f.flush(ctx, r)
}

// flush gathers all that was kept back and hands it over. While rows are
// dropped, what is kept back stays so.
func (f *effects) flush(ctx context.Context, r rules) error {
	for i, e := range f.dirty {
		if f.dropping {
			f.dirty = append(f.dirty[:0], f.dirty[i:]...)
			return nil
		}
		// A packed one was written when it was packed, a parked one shows what it was.
		if e.dirty && e.state != nil {
			f.writeLatest(r, e)
		}
		e.dirty, f.dirty[i] = false, nil
		if f.rows.Len() >= flushBatch {
			if err := f.handOver(ctx); err != nil {
				return err
			}
		}
	}
	f.dirty = f.dirty[:0]
	return f.handOver(ctx)
}

// flushBatch bounds one handover of a flush: all latest rows of a large shard
// in one might never find room in the writer's queue.
const flushBatch = 4096

func (f *effects) handOver(ctx context.Context) error {
	if f.rows.Len() == 0 {
		return nil
	}
	rows := f.rows
	f.rows = &projections.Rows{}
	taken, err := f.hand(ctx, rows)
	if err != nil {
		return fmt.Errorf("handing over rows: %w", err)
	}
	if !taken {
		f.drop()
	}
	return nil
}

// handedOver says whether the writer has all rows of what was folded so far.
func (f *effects) handedOver() bool { return !f.dropping && f.rows.Len() == 0 && len(f.dirty) == 0 }

// watch attaches a sink and tells it the state now.
func (s *shard) watch(id string, w *watch) {
	all := append(s.effects.watches[id], w)
	s.effects.watches[id] = all
	e := s.entities[id]
	if e == nil {
		s.rules.attach(s.rules.fresh(id), w)
		return
	}
	e.watches = all
	s.rules.attach(s.awake(e), w)
}

func (s *shard) unwatch(id string, w *watch) {
	var rest []*watch
	for _, other := range s.effects.watches[id] {
		if other != w {
			rest = append(rest, other)
		}
	}
	if rest == nil {
		delete(s.effects.watches, id)
	} else {
		s.effects.watches[id] = rest
	}
	if e := s.entities[id]; e != nil {
		e.watches = rest
	}
}
