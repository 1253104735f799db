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
	writer RowWriter
	rows   *projections.Rows
	dirty  []*entity // their latest rows wait for the flush
	ticks  int
	// watches of entities that may not exist yet; the caller bounds them (one a relay).
	watches map[string][]*watch
}

// watch is one sink of one entity.
type watch struct {
	sink    any // InstrumentSink or RoomSink
	wants   instrument.Wants
	stopped atomic.Bool
}

func newEffects(w RowWriter) *effects {
	return &effects{writer: w, rows: &projections.Rows{}, watches: map[string][]*watch{}}
}

// route takes the facts of e's turn to rows and sinks.
func (f *effects) route(r rules, e *entity) {
	r.rows(e.id, f.rows)
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

// flush gathers all that was kept back and hands it over.
func (f *effects) flush(ctx context.Context, r rules) error {
	for i, e := range f.dirty {
		// A packed one was written when it was packed, a parked one shows what it was.
		if e.dirty && e.state != nil {
			f.writeLatest(r, e)
		}
		f.dirty[i] = nil
	}
	f.dirty = f.dirty[:0]
	return f.handOver(ctx)
}

func (f *effects) handOver(ctx context.Context) error {
	if f.rows.Len() == 0 {
		return nil
	}
	rows := f.rows
	f.rows = &projections.Rows{}
	if err := f.writer.Add(ctx, rows, nil); err != nil {
		return fmt.Errorf("handing over rows: %w", err)
	}
	return nil
}

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
