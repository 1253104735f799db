package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"outcry/projections"
)

// A catch-up works for catchUpWork and then rests three times as long, a tenth
// of a second at most: it takes a quarter of one core, so that live folding and pushing do not feel it.
const (
	catchUpWork = time.Millisecond
	catchUpRest = 100 * time.Millisecond
)

// catchUpRetry is the pause after a catch-up that failed; twice as long each time, up to 64 times.
const catchUpRetry = 500 * time.Millisecond

// errStands: the shard has failed or is ending; nobody waits for its rows.
var errStands = errors.New("the shard stands still")

// repay catches up until the store is owed nothing. Whatever fails is tried again: the store may be away once more.
func (a *shardActor) repay(ctx context.Context, d *debt) {
	for attempt := 0; ; attempt++ {
		err := a.tryRepay(ctx, d)
		if err == nil || errors.Is(err, errStands) || ctx.Err() != nil {
			return
		}
		a.log.Warn("catching up with rows; it is tried again", "err", err)
		if pause(ctx, catchUpRetry<<min(attempt, 6)) != nil {
			return
		}
	}
}

// tryRepay folds a second copy of the shard from the newest stored checkpoint to
// where live rows go on. One shard of a host does so at a time: each holds a second state.
func (a *shardActor) tryRepay(ctx context.Context, d *debt) error {
	var c *catchUp
	for {
		from, until, err := a.regain(ctx, d)
		if err != nil {
			return err
		}
		if c == nil {
			select {
			case a.catchUps <- struct{}{}:
				defer func() { <-a.catchUps }()
			case <-ctx.Done():
				return ctx.Err()
			}
			if c, err = a.beginCatchUp(ctx, d, from); err != nil {
				return err
			}
		}
		if err := c.to(ctx, until); err != nil {
			return err
		}
		var settled bool
		err = a.inTurn(ctx, func() (err error) {
			settled, err = a.settle(d, until)
			return err
		})
		if err != nil || settled {
			return err
		}
	}
}

// regain waits until the writer has room and lets live rows go on. It gives the
// checkpoint to catch up from and how far.
func (a *shardActor) regain(ctx context.Context, d *debt) (from *loadable, until int64, err error) {
	for {
		if err := a.config.Rows.AwaitRoom(ctx); err != nil {
			return nil, 0, err
		}
		err := a.inTurn(ctx, func() (err error) {
			from, until, err = a.resume(d)
			return err
		})
		if err != nil || until != stillDropping {
			return from, until, err
		}
		// Others were faster, and the queue is full again.
		if err := pause(ctx, catchUpWork); err != nil {
			return nil, 0, err
		}
	}
}

// inTurn runs fn in the shard's turn and waits for it.
func (a *shardActor) inTurn(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	a.box.tell(task(func(*shardActor) { done <- fn() }))
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// catchUp is a second fold of a shard, for its rows alone.
type catchUp struct {
	shard  *shard
	debt   *debt
	writer RowWriter
	rested time.Time
}

func (a *shardActor) beginCatchUp(ctx context.Context, d *debt, from *loadable) (*catchUp, error) {
	config := *a.config
	config.Observer = Observer{} // what happens was told when it happened first
	c := &catchUp{shard: newShard(&config, a.shard.kind, a.shard.partition), debt: d, writer: a.config.Rows, rested: time.Now()}
	if from != nil {
		l, err := c.shard.source.load(ctx, from.row)
		if err != nil {
			return nil, fmt.Errorf("reading the checkpoint at %s: %w", a.shard.at(from.row.Offset), err)
		}
		c.shard.adopt(l)
	}
	c.begun()
	return c, nil
}

// to folds up to an offset and waits until all rows up to there are stored.
func (c *catchUp) to(ctx context.Context, until int64) error {
	if err := c.shard.source.follow(ctx, c.shard, until, c.folded); err != nil {
		return err
	}
	if err := c.shard.effects.flush(ctx, c.shard.rules); err != nil {
		return err
	}
	return storedAll(ctx, c.writer)
}

// begun turns effects on where the store has all rows before.
func (c *catchUp) begun() {
	if c.shard.effects == nil && c.shard.offset >= c.debt.after {
		c.shard.effects = newEffects(c.add)
	}
	c.debt.folded.Store(c.shard.offset)
}

// folded is called after each record.
func (c *catchUp) folded(ctx context.Context) error {
	c.begun()
	if c.shard.effects != nil {
		c.debt.foldedTime.Store(c.shard.ingest)
		if err := c.shard.effects.spill(ctx); err != nil {
			return err
		}
	}
	worked := time.Since(c.rested)
	if worked < catchUpWork {
		return nil
	}
	err := pause(ctx, min(3*worked, catchUpRest))
	c.rested = time.Now()
	return err
}

// add leaves half of the queue to live rows.
func (c *catchUp) add(ctx context.Context, rows *projections.Rows) (taken bool, err error) {
	if err := c.writer.AwaitRoom(ctx); err != nil {
		return false, err
	}
	if err := c.writer.Add(ctx, rows, nil); err != nil {
		return false, err
	}
	return true, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
