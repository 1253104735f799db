package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// look opens the house after a power cut, compares what is there with what is
// known, and learns the rest.
func (w *powerWorld) look() error {
	h, err := w.open()
	if err != nil {
		return err
	}
	select {
	case <-h.host.Ready():
	case err = <-h.host.Failed():
	case <-time.After(powerWait):
		err = errors.New("the actors are not ready")
	}
	if err == nil {
		err = errors.Join(w.acknowledged(h), w.hashes(h))
	}
	return errors.Join(err, h.close(nil), w.seen.wrong)
}

// acknowledged demands every answered tick and post, once, and learns their numbers.
func (w *powerWorld) acknowledged(h *powerHouse) error {
	for _, f := range w.feeds {
		there, err := ticksOf(h.host, f.id, &w.seen)
		if err != nil {
			return err
		}
		for n := uint64(1); n <= f.acked; n++ {
			if there[n] != 1 {
				return fmt.Errorf("tick %d of %s was acknowledged and is there %d times", n, f.id, there[n])
			}
		}
		for n, times := range there {
			if times != 1 || n > f.most {
				return fmt.Errorf("tick %d of %s is there %d times; %d were ever sent", n, f.id, times, f.most)
			}
		}
	}
	for _, r := range w.rooms {
		if err := r.acknowledged(h.host, &w.seen); err != nil {
			return err
		}
	}
	return nil
}

// ticksOf counts the ticks that an instrument has, by the source's number. All are in its open block.
func ticksOf(h *Host, id string, seen *powerSeen) (there map[uint64]int, err error) {
	there = map[uint64]int{}
	var b instrument.Block
	open := false
	err = h.Instrument(context.Background(), id, func(s *instrument.State) {
		if s != nil {
			b, open = s.OpenBlock()
		}
	})
	if err != nil || !open {
		return there, err
	}
	return there, instrument.ReadBlock(b.FirstSeq, b.Data, func(t *instrument.BlockTick) error {
		there[t.Tick.SourceSeq]++
		if t.Tick.Kind == events.TradeTick {
			seen.see(id, t.Seq, fmt.Sprint("tick ", t.Tick.SourceSeq))
		}
		return nil
	})
}

// acknowledged demands that the room has what was answered, dense and in order.
func (r *powerRoom) acknowledged(h *Host, seen *powerSeen) error {
	var items []*outcryv1.Message
	err := h.Room(context.Background(), r.id, func(s *room.State) {
		if s != nil {
			items, _ = s.Recent(0, 1<<20)
		}
	})
	if err != nil {
		return err
	}
	(&powerRoomSink{seen: seen, id: r.id}).all(items)
	if len(items) < r.acked || len(items) > r.acked+1 {
		return fmt.Errorf("%s has %d changes, %d were acknowledged", r.id, len(items), r.acked)
	}
	for n, m := range items {
		want := ""
		if n > 0 {
			want = fmt.Sprint(n)
		}
		if m.GetSeq() != uint64(n+1) || string(m.GetText().GetData()) != want || n < r.acked && r.seqs[n] != m.GetSeq() {
			return fmt.Errorf("%s has %q at seq %d, want %q at %d", r.id, m.GetText().GetData(), m.GetSeq(), want, n+1)
		}
	}
	return nil
}

// hashes compares the live hashes with those of replays from 0 and from each checkpoint.
func (w *powerWorld) hashes(h *powerHouse) error {
	ctx := context.Background()
	for _, kind := range events.Kinds() {
		for p := range int32(2) {
			offset, live, err := h.host.Hashes(ctx, kind, p)
			if err != nil || offset < 0 {
				return err
			}
			stored, err := w.store.Checkpoints(ctx, kind, p)
			if err != nil {
				return err
			}
			var starts []*projections.Checkpoint
			if w.keep {
				starts = append(starts, nil)
			}
			for i := range stored {
				starts = append(starts, &stored[i])
				w.replays++
			}
			for _, from := range starts {
				if err := w.replayed(h, kind, p, from, offset, live); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *powerWorld) replayed(h *powerHouse, kind events.Kind, p int32, from *projections.Checkpoint, offset int64, live map[string]digest.Hash) error {
	hashes, err := Replay(context.Background(), h.log, kind, p, from, w.store, offset, nil)
	switch {
	case errors.Is(err, errNoPart) && w.pruned(from):
		return nil // the house made another one meanwhile and let this one go
	case err != nil:
		return err
	}
	if !maps.Equal(hashes, live) {
		return fmt.Errorf("%s/%d replayed to %d from %+v has other hashes:\n%s", kind, p, offset, from, cmp.Diff(live, hashes))
	}
	return nil
}

func (w *powerWorld) pruned(c *projections.Checkpoint) bool {
	stored, err := w.store.Checkpoints(context.Background(), c.Kind, c.Partition)
	return err == nil && !slices.ContainsFunc(stored, func(other projections.Checkpoint) bool { return other.Offset == c.Offset && other.Writer == c.Writer })
}
