package host

import (
	"context"
	"fmt"

	"outcry/events"
	"outcry/internal/zpack"
	"outcry/projections"
)

// stepBytes is what one turn packs of a checkpoint: some 100 µs of work, so
// that records and queries come in between.
const stepBytes = 64 << 10

// saving is a checkpoint on its way to the store: its goroutine compresses
// parts beside the shard's turn and hands them over as they are cut.
type saving struct {
	packing *packing
	parts   chan rawPart // closed after the last
	busy    bool         // a part is with the goroutine
	packed  bool         // all of it is cut
	closed  bool
}

// checkpoint begins one at the newest record. Its rows go first: the writer
// keeps the order, so the store never has a checkpoint without its rows.
func (a *shardActor) checkpoint() {
	s := a.shard
	if a.saving != nil {
		a.leaveOut("the one before is not stored yet")
		return
	}
	if err := s.effects.flush(a.ctx, s.rules); err != nil {
		a.fail(err)
		return
	}
	if a.owes() { // perhaps only since this flush
		a.leaveOut("rows before it are not stored yet")
		return
	}
	a.noteHandedOver()
	a.saving = &saving{packing: s.beginPacking(a.config.Log.Lineage()), parts: make(chan rawPart, 1)}
	parts, previous := a.saving.parts, s.saved
	packing := a.saving.packing
	a.background.Go(func() {
		bytes, err := a.saveParts(a.ctx, parts)
		if err == nil {
			// The row is whole once the channel is closed.
			err = a.saveRow(a.ctx, packing.row, previous)
		}
		a.box.tell(task(func(a *shardActor) { a.saved(packing.row, bytes, err) }))
	})
	a.pump()
}

func (a *shardActor) leaveOut(why string) {
	s := a.shard
	a.log.Info("checkpoint left out: "+why, "offset", s.offset)
	if a.config.Observer.LeftOut != nil {
		a.config.Observer.LeftOut(s.kind, s.partition, s.offset)
	}
}

// pump packs on while the goroutine has room, a step a turn.
func (a *shardActor) pump() {
	v := a.saving
	if v == nil {
		return
	}
	if !v.packed && len(v.packing.full) == 0 {
		v.packed = v.packing.step(stepBytes)
	}
	if !v.busy && len(v.packing.full) > 0 {
		v.busy = true
		v.parts <- v.packing.full[0]
		v.packing.full = v.packing.full[1:]
	}
	switch {
	case !v.packed && len(v.packing.full) == 0:
		a.box.tell(task((*shardActor).pump))
	case v.packed && len(v.packing.full) == 0 && !v.closed:
		v.closed = true
		a.shard.packing = nil
		close(v.parts)
	}
}

// saveParts runs beside the turn until the last part is handed over.
func (a *shardActor) saveParts(ctx context.Context, parts <-chan rawPart) (bytes int, err error) {
	for {
		select {
		case <-ctx.Done():
			return bytes, ctx.Err()
		case raw, more := <-parts:
			if !more {
				return bytes, nil
			}
			part := projections.Part{Key: raw.key, Data: zpack.Pack(raw.data)}
			bytes += len(part.Data)
			if err := a.config.Rows.Add(ctx, &projections.Rows{Parts: []projections.Part{part}}, nil); err != nil {
				return bytes, fmt.Errorf("handing over part %d of %s: %w", raw.key.Index, a.shard.at(raw.key.Offset), err)
			}
			a.box.tell(task(func(a *shardActor) {
				if a.saving != nil {
					a.saving.busy = false
					a.pump()
				}
			}))
		}
	}
}

// saveRow makes the checkpoint visible, waits for it, and lets go of what is
// older than the two newest.
func (a *shardActor) saveRow(ctx context.Context, row projections.Checkpoint, previous *loadable) error {
	at := events.Position{Kind: row.Kind, Partition: row.Partition, Offset: row.Offset}
	stored := make(chan struct{})
	if err := a.config.Rows.Add(ctx, &projections.Rows{Checkpoints: []projections.Checkpoint{row}}, func() { close(stored) }); err != nil {
		return fmt.Errorf("handing over the checkpoint at %s: %w", at, err)
	}
	select {
	case <-stored:
	case <-ctx.Done():
		return ctx.Err()
	}
	if previous != nil {
		a.config.Log.Retain(a.shard.at(previous.row.Offset))
	}
	if err := a.config.Checkpoints.Prune(ctx, row.Kind, row.Partition, 2); err != nil {
		// Only space is lost, and the next checkpoint prunes again.
		a.log.Warn("pruning old checkpoints", "offset", row.Offset, "err", err)
	}
	return nil
}

// saved ends a checkpoint. One that could not be stored stops the shard: its
// entities count as packed into parts that nobody has.
func (a *shardActor) saved(row projections.Checkpoint, bytes int, err error) {
	a.saving, a.shard.packing = nil, nil
	switch {
	case err != nil && a.ctx.Err() != nil: // given up at a stop
	case err != nil:
		a.fail(err)
	default:
		a.shard.saved = &loadable{row: row}
		if a.config.Observer.Checkpoint != nil {
			a.config.Observer.Checkpoint(row.Kind, row.Partition, row.Offset, len(row.Parts), bytes)
		}
	}
	if a.finishing {
		a.finish()
	}
}
