package host

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"outcry/events"
	"outcry/projections"
)

// debt is what a shard owes the store: the rows decided after one offset up to
// another. It begins when the writer has no room for rows, because the store is
// away or too slow, and ends when a catch-up has brought them. Live rows are
// dropped while there is no room, and go on being written as soon as there is.
type debt struct {
	after int64 // all rows decided up to it were handed over
	since time.Time
	// until: rows decided after it were handed over, too; stillDropping: none are.
	// It is written in the shard's turn.
	until atomic.Int64
	// folded is how far the catch-up has come, at that record's ingest time (ns).
	folded, foldedTime atomic.Int64
}

const stillDropping = math.MaxInt64

// debts is the shard's side of it. current and generation are read by others.
type debts struct {
	current    atomic.Pointer[debt]
	generation atomic.Uint64 // odd while rows may be missing
	// All rows decided up to this offset, of that ingest time, were handed over.
	handedOver, handedTime int64
}

func (a *shardActor) owes() bool { return a.debt.current.Load() != nil }

// holed says that rows may be missing from now on, whole that none are. They run in the shard's turn.
func (d *debts) holed() {
	if d.generation.Load()%2 == 0 {
		d.generation.Add(1)
	}
}

func (d *debts) whole() {
	if d.generation.Load()%2 == 1 {
		d.generation.Add(1)
	}
}

// begin is told where the fold begins. What was folded before by a process that
// was killed may have left rows behind a hole, which only the rows of this fold close.
func (d *debts) begin(s *shard, head int64) {
	d.handedOver, d.handedTime = s.offset, s.ingest
	if s.offset < head {
		d.holed()
	}
}

// goLive makes the shard one that never waits for the store. Before, while it
// folds what the log had at the start, it does: nobody watches yet, and rows that were dropped would be folded twice.
func (a *shardActor) goLive() {
	f := a.shard.effects
	if err := f.flush(a.ctx, a.shard.rules); err != nil {
		a.fail(err)
		return
	}
	a.noteHandedOver()
	f.hand, f.drop = a.offer, a.owe
	if a.debt.generation.Load()%2 == 0 {
		return
	}
	a.background.Go(func() {
		if storedAll(a.ctx, a.config.Rows) != nil {
			return // it ends
		}
		a.box.tell(task(func(a *shardActor) {
			if !a.owes() {
				a.debt.whole()
			}
		}))
	})
}

// storedAll waits until everything that this goroutine's shard handed over is stored.
func storedAll(ctx context.Context, w RowWriter) error {
	stored := make(chan struct{})
	if err := w.Add(ctx, &projections.Rows{}, func() { close(stored) }); err != nil {
		return err
	}
	select {
	case <-stored:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// noteHandedOver remembers that nothing is kept back, if it is so.
func (a *shardActor) noteHandedOver() {
	if a.shard.effects.handedOver() {
		a.debt.handedOver, a.debt.handedTime = a.shard.offset, a.shard.ingest
	}
}

// offer hands over rows without waiting.
func (a *shardActor) offer(_ context.Context, rows *projections.Rows) (taken bool, err error) {
	if d := a.debt.current.Load(); d != nil && len(rows.Dirty) > 0 {
		// The marked bar's row may be among those that are owed, and a mark has no effect
		// without one: the catch-up goes on and makes it once more.
		d.until.Store(a.shard.offset)
	}
	return a.config.Rows.Offer(rows)
}

// owe is told when the writer took no rows: they are dropped from now on, and a catch-up is begun.
func (a *shardActor) owe() {
	s, d := a.shard, a.debt.current.Load()
	s.effects.owing, s.effects.dropping = true, true
	if d != nil {
		d.until.Store(stillDropping)
		return
	}
	d = &debt{after: a.debt.handedOver, since: time.Now()}
	d.until.Store(stillDropping)
	d.folded.Store(d.after)
	d.foldedTime.Store(a.debt.handedTime)
	a.debt.current.Store(d)
	a.debt.holed()
	a.log.Warn("the store is behind: rows are dropped and will be folded again", "after", d.after)
	if a.config.Observer.Owing != nil {
		a.config.Observer.Owing(s.kind, s.partition, d.after)
	}
	a.background.Go(func() { a.repay(a.ctx, d) })
}

// resume hands rows over again, in the shard's turn, once the writer has room.
// It gives the checkpoint to catch up from and how far.
func (a *shardActor) resume(d *debt) (from *loadable, until int64, err error) {
	if a.failed != nil || a.finishing {
		return nil, 0, errStands
	}
	s := a.shard
	if s.effects.dropping {
		s.effects.dropping = false
		d.until.Store(s.offset)
		if err := s.effects.flush(a.ctx, s.rules); err != nil {
			a.fail(err)
			return nil, 0, errStands
		}
		a.noteHandedOver()
	}
	return s.saved, d.until.Load(), nil
}

// settle ends the debt, in the shard's turn, if the catch-up brought all of it.
func (a *shardActor) settle(d *debt, until int64) (settled bool, err error) {
	switch {
	case a.failed != nil || a.finishing:
		return false, errStands
	case d.until.Load() != until:
		return false, nil
	}
	s := a.shard
	s.effects.owing = false
	a.debt.current.Store(nil)
	a.debt.whole()
	a.log.Info("the store has all rows again", "after", d.after, "until", until, "took", time.Since(d.since))
	if a.config.Observer.RowsCaughtUp != nil {
		a.config.Observer.RowsCaughtUp(s.kind, s.partition, d.after, until)
	}
	return true, nil
}

// RowsWhole says whether the store is owed no rows of an entity's shard. Where
// the generation is the same before and after rows were read, they are what
// they seem: from one row it can be concluded that those before it are there.
func (h *Host) RowsWhole(kind events.Kind, id string) (generation uint64, whole bool) {
	n := len(h.actors[kind])
	if n == 0 {
		return 0, true
	}
	g := h.actors[kind][events.PartitionOf(id, n)].debt.generation.Load()
	return g, g%2 == 0
}

// Owed is what the store is owed.
type Owed struct {
	Shards  int           // that owe rows
	Records int64         // that are to be folded again, as far as it is known
	Since   time.Duration // the oldest debt
	Lag     time.Duration // age of the oldest record whose rows are missing
}

// Owed sums up the debts of all shards.
func (h *Host) Owed(now time.Time) (o Owed) {
	for _, all := range h.actors {
		for _, a := range all {
			d := a.debt.current.Load()
			if d == nil {
				continue
			}
			o.Shards++
			if until := d.until.Load(); until != stillDropping {
				o.Records += max(0, until-d.folded.Load())
			}
			o.Since = max(o.Since, now.Sub(d.since))
			o.Lag = max(o.Lag, time.Duration(now.UnixNano()-d.foldedTime.Load()))
		}
	}
	return o
}
