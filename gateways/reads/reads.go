package reads

import (
	"context"
	"errors"
	"fmt"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// What callers branch on.
var (
	ErrUnknownInstrument = errors.New("unknown instrument")
	ErrUnknownRoom       = errors.New("unknown room")
	// ErrCatchingUp: the answer needs rows that the store does not have yet; ask again in a second.
	ErrCatchingUp = errors.New("rows are being caught up")
)

// Live reaches the actors of this node; fn runs in an actor's turn, with nil
// where nothing is known of the id.
type Live interface {
	Instrument(ctx context.Context, id string, fn func(*instrument.State)) error
	Room(ctx context.Context, id string, fn func(*room.State)) error
	// RowsWhole says whether the store lacks rows of the entity's shard, or will have
	// all of them in order. The generation is another one after each change.
	RowsWhole(kind events.Kind, id string) (generation uint64, whole bool)
	// SecondBarsStored says whether the store has bars of 1s; else they are had from actors alone.
	SecondBarsStored() bool
	// AwakeInstruments runs fn on the instruments that were folded of late, and
	// may run it on others; those that it leaves out have had their rows written.
	AwakeInstruments(ctx context.Context, fn func(id string, s *instrument.State)) error
	// AwakeRooms is the same for rooms.
	AwakeRooms(ctx context.Context, fn func(id string, s *room.State)) error
}

// Reads joins a store with live actors.
type Reads struct {
	live  Live
	store projections.Store
	// of bars; tests make them small
	rowsAtOnce, rowsMost int
}

// New makes Reads.
func New(live Live, store projections.Store) *Reads {
	return &Reads{live: live, store: store, rowsAtOnce: rowsAtOnce, rowsMost: rowsMost}
}

// view of the live instrument; ok is false where nothing was ever folded.
func (r *Reads) view(ctx context.Context, id string) (v instrument.View, ok bool, err error) {
	err = r.live.Instrument(ctx, id, func(s *instrument.State) {
		if s != nil {
			s.View(&v)
			ok = v.Seq > 0
		}
	})
	if err != nil {
		return v, false, fmt.Errorf("asking instrument %s: %w", id, err)
	}
	return v, ok, nil
}

// defined is view for an instrument that must exist.
func (r *Reads) defined(ctx context.Context, id string) (instrument.View, error) {
	v, ok, err := r.view(ctx, id)
	if err == nil && !ok {
		err = fmt.Errorf("%w: %s", ErrUnknownInstrument, id)
	}
	return v, err
}

// Latest gives the named instruments in the order asked.
func (r *Reads) Latest(ctx context.Context, q *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error) {
	answer := &outcryv1.LatestResponse{}
	for _, id := range q.Instruments {
		v, ok, err := r.view(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case ok:
			answer.Instruments = append(answer.Instruments, v.Latest())
		default:
			answer.Unknown = append(answer.Unknown, id)
		}
	}
	return answer, nil
}
