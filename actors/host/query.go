package host

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/internal/digest"
)

// Instrument runs fn in the shard's turn on the instrument's state (nil when
// nothing is known of it) and waits for it. fn must be quick, change nothing
// and keep nothing. When ctx ends first, fn does not run any more.
func (h *Host) Instrument(ctx context.Context, id string, fn func(*instrument.State)) error {
	return h.query(ctx, events.Instrument, id, func(s state) {
		if is, ok := s.(*instrumentState); ok {
			fn(is.State)
		} else {
			fn(nil)
		}
	})
}

// Room is Instrument for rooms.
func (h *Host) Room(ctx context.Context, id string, fn func(*room.State)) error {
	return h.query(ctx, events.Room, id, func(s state) {
		if rs, ok := s.(*roomState); ok {
			fn(rs.State)
		} else {
			fn(nil)
		}
	})
}

// query runs fn on an entity's state, nil when there is none.
func (h *Host) query(ctx context.Context, kind events.Kind, id string, fn func(state)) error {
	box, err := h.boxOf(kind, id)
	if err != nil {
		return err
	}
	return inTurn(ctx, box, func(s *shard) { fn(s.lookup(id)) })
}

// lookup is the state of an entity for reading, nil when nothing is known of it.
func (s *shard) lookup(id string) state {
	e := s.entities[id]
	if e == nil {
		return nil
	}
	return s.awake(e)
}

// inTurn runs fn in the shard's turn and waits. A panic of fn comes back as an error.
func inTurn(ctx context.Context, box *mailbox, fn func(*shard)) error {
	var claimed atomic.Bool // by the turn or by a caller who gave up
	done := make(chan error, 1)
	err := box.ask(func(a *shardActor) {
		defer box.answered()
		if !claimed.CompareAndSwap(false, true) {
			return
		}
		if a.failed != nil {
			done <- a.failed
			return
		}
		done <- guarded(func() { fn(a.shard) })
	})
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		if claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-done
	}
}

// guarded keeps a panic of somebody else's function from costing the shard.
func guarded(fn func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a query panicked: %v", r)
		}
	}()
	fn()
	return nil
}

// Hashes gives, of one shard at one moment, the offset folded and each entity's hash.
func (h *Host) Hashes(ctx context.Context, kind events.Kind, partition int32) (offset int64, hashes map[string]digest.Hash, err error) {
	box, err := h.box(kind, partition)
	if err != nil {
		return 0, nil, err
	}
	err = inTurn(ctx, box, func(s *shard) { offset, hashes = s.offset, s.hashes() })
	return offset, hashes, err
}

// WatchInstrument attaches a sink; wants asks for the bars that are there when it is
// attached, and for Facts.Trades. stop detaches it; after it returns the sink may be told once more. Watches are not bounded
// here: a relay per entity holds one. On a stopped host or a failed shard the
// sink is never told.
func (h *Host) WatchInstrument(id string, wants instrument.Wants, s InstrumentSink) (stop func()) {
	return h.watch(events.Instrument, id, &watch{sink: s, wants: wants})
}

// WatchRoom attaches a sink.
func (h *Host) WatchRoom(id string, s RoomSink) (stop func()) {
	return h.watch(events.Room, id, &watch{sink: s})
}

func (h *Host) watch(kind events.Kind, id string, w *watch) (stop func()) {
	box, err := h.boxOf(kind, id)
	if err != nil {
		h.config.Logger.Warn("watching", "kind", kind.String(), "entity", id, "err", err)
		return func() {}
	}
	box.tell(task(func(a *shardActor) {
		if a.failed == nil && !w.stopped.Load() {
			a.shard.watch(id, w)
			a.flushed()
		}
	}))
	return func() {
		if w.stopped.CompareAndSwap(false, true) {
			box.tell(task(func(a *shardActor) { a.shard.unwatch(id, w) }))
		}
	}
}

var errNoPartition = errors.New("no such partition")

func (h *Host) boxOf(kind events.Kind, id string) (*mailbox, error) {
	n := len(h.actors[kind])
	if n == 0 {
		return nil, fmt.Errorf("%w: %s", errNoPartition, kind)
	}
	return h.actors[kind][events.PartitionOf(id, n)].box, nil
}

func (h *Host) box(kind events.Kind, partition int32) (*mailbox, error) {
	all := h.actors[kind]
	if partition < 0 || int(partition) >= len(all) {
		return nil, fmt.Errorf("%w: %s/%d", errNoPartition, kind, partition)
	}
	return all[partition].box, nil
}
