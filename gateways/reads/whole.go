package reads

import (
	"context"
	"fmt"
	"time"

	"outcry/events"
)

// whole runs read, which looks at rows of one entity, and refuses what it found
// where rows were missing meanwhile: after trouble with the store new rows are
// written before the old ones, and from one row nothing can be concluded about
// another. It asks after the actor's state was looked at, so that all rows of that state are
// either dropped by now, and known to be, or on their way in order.
// After a start that takes a moment; an outage lasts longer than anybody should hold a connection.
func (r *Reads) whole(ctx context.Context, kind events.Kind, id string, read func() error) error {
	before, whole := r.live.RowsWhole(kind, id)
	for end := time.Now().Add(lookMost); !whole; before, whole = r.live.RowsWhole(kind, id) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: the store is behind with %s", ErrCatchingUp, id)
		}
	}
	if err := read(); err != nil {
		return err
	}
	if after, _ := r.live.RowsWhole(kind, id); after != before {
		return fmt.Errorf("%w: the store has fallen behind with %s", ErrCatchingUp, id)
	}
	return nil
}

// awaitWhole is await that gives up as soon as rows are missing.
func (r *Reads) awaitWhole(ctx context.Context, kind events.Kind, id string, written func() (bool, error)) error {
	return await(ctx, func() (bool, error) {
		if _, whole := r.live.RowsWhole(kind, id); !whole {
			return false, fmt.Errorf("%w: the store is behind with %s", ErrCatchingUp, id)
		}
		return written()
	})
}
