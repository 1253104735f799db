package reads

import (
	"context"
	"errors"
	"fmt"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// What callers branch on.
var (
	ErrUnknownInstrument = errors.New("unknown instrument")
	ErrUnknownRoom       = errors.New("unknown room")
)

// Live reaches the actors of this node; fn runs in an actor's turn, with nil
// where nothing is known of the id.
type Live interface {
	Instrument(ctx context.Context, id string, fn func(*instrument.State)) error
	Room(ctx context.Context, id string, fn func(*room.State)) error
}

// Reads joins a store with live actors.
type Reads struct {
	live  Live
	store projections.Store
}

// New makes Reads.
func New(live Live, store projections.Store) *Reads { return &Reads{live: live, store: store} }

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

// Instruments lists what the store has, as the actors know it now. A new
// instrument is listed once its first row is written, a second at most.
func (r *Reads) Instruments(ctx context.Context, q *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error) {
	rows, err := r.store.Instruments(ctx, q.Query, q.After, int(q.Limit)+1)
	if err != nil {
		return nil, fmt.Errorf("reading instruments: %w", err)
	}
	answer := &outcryv1.InstrumentsResponse{More: len(rows) > int(q.Limit)}
	for _, row := range rows[:min(len(rows), int(q.Limit))] {
		v, ok, err := r.view(ctx, row.Instrument)
		if err != nil {
			return nil, err
		}
		if ok {
			row = v.Latest()
		}
		answer.Instruments = append(answer.Instruments, row)
	}
	return answer, nil
}
