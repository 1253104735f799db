package host

import (
	"context"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
)

// awakeMost bounds what one shard's turn shows to AwakeInstruments and AwakeRooms.
const awakeMost = 20_000

// AwakeInstruments runs fn, in one shard's turn after the other, on the
// instruments that are active: those folded or asked for within IdleAfter,
// newest first, 20,000 a shard at most. What is not among them has had its
// rows written long since. fn must be quick, change nothing and keep nothing.
func (h *Host) AwakeInstruments(ctx context.Context, fn func(id string, s *instrument.State)) error {
	return h.awake(ctx, events.Instrument, func(id string, s state) {
		if is, ok := s.(*instrumentState); ok {
			fn(id, is.State)
		}
	})
}

// AwakeRooms is AwakeInstruments for rooms.
func (h *Host) AwakeRooms(ctx context.Context, fn func(id string, s *room.State)) error {
	return h.awake(ctx, events.Room, func(id string, s state) {
		if rs, ok := s.(*roomState); ok {
			fn(id, rs.State)
		}
	})
}

func (h *Host) awake(ctx context.Context, kind events.Kind, fn func(string, state)) error {
	for _, a := range h.actors[kind] {
		err := inTurn(ctx, a.box, func(s *shard) {
			n := 0
			for e := s.active.newest; e != nil && n < awakeMost; e = e.older {
				fn(e.id, e.state)
				n++
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
