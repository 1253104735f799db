package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/events/embedded"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// powerClock is the publisher's: each record is 10 ms after the one before.
type powerClock struct{ ns atomic.Int64 }

const powerStart = int64(1_723_161_600) * int64(time.Second)

func (c *powerClock) now() int64 { return powerStart + c.ns.Add(int64(10*time.Millisecond)) }

// powerHouse is all that runs between two power cuts.
type powerHouse struct {
	log       *embedded.Log
	publisher *events.Publisher
	host      *Host
	writing   sync.WaitGroup
	endWriter context.CancelFunc
}

// open starts the house. While the power is on it has to succeed.
func (w *powerWorld) open() (h *powerHouse, err error) {
	c := embedded.Config{FS: w.fs, InstrumentPartitions: 2, RoomPartitions: 2, SegmentBytes: 4 << 10}
	if !w.keep {
		c.KeepBytes = 1
	}
	h = &powerHouse{}
	if h.log, err = embedded.Open("/log", c); err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	writer := projections.NewWriter(w.store, projections.WriterConfig{FlushEvery: time.Millisecond, DrainTimeout: time.Minute})
	var writing context.Context
	writing, h.endWriter = context.WithCancel(context.Background())
	h.writing.Go(func() {
		if err := writer.Run(writing); err != nil && !w.fs.Down() {
			w.t.Errorf("the writer ended: %v", err)
		}
	})
	h.publisher = events.NewPublisher(h.log, events.PublisherConfig{Now: w.clock.now})
	h.host, err = Start(context.Background(), Config{Log: h.log, Rows: writer, Checkpoints: w.store, Clocks: h.publisher,
		Writer: "power", CheckpointEvery: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the actors: %w", err), h.close(nil))
	}
	return h, nil
}

// close ends what runs: kindly, or as fast as it can where the power is cut.
func (h *powerHouse) close(down func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	errs := []error{h.publisher.Close(ctx)}
	if h.host != nil {
		if down != nil && down() {
			cancel()
		}
		errs = append(errs, h.host.Stop(ctx))
	}
	h.endWriter()
	h.writing.Wait()
	errs = append(errs, h.log.Close())
	return errors.Join(errs...)
}

// live publishes and talks, until the power is cut at the operation of that
// number from now (0: never, and until everything is in).
func (w *powerWorld) live(cutAt int) error {
	w.fs.CrashAt(cutAt)
	h, err := w.open()
	if w.fs.Down() {
		if err == nil {
			_ = h.close(w.fs.Down) // whatever it says: the power is cut
		}
		return nil
	}
	if err != nil {
		return err
	}
	w.watch(h)
	err = w.work(h, cutAt > 0)
	if stopped := h.close(w.fs.Down); !w.fs.Down() {
		return errors.Join(err, stopped)
	}
	return nil
}

func (w *powerWorld) watch(h *powerHouse) {
	for _, f := range w.feeds {
		h.host.WatchInstrument(f.id, instrument.WantTrades|instrument.WantBars, &powerTapeSink{seen: &w.seen, id: f.id})
	}
	for _, r := range w.rooms {
		h.host.WatchRoom(r.id, &powerRoomSink{seen: &w.seen, id: r.id})
	}
}

// work sends what is not acknowledged yet, in order, as clients and imports do.
func (w *powerWorld) work(h *powerHouse, goOn bool) error {
	tape := h.publisher.Open("feed", "epoch", outcryv1.Mode_MODE_IMPORT)
	talk := h.publisher.Open("gateway", "", outcryv1.Mode_MODE_LIVE)
	for turn := 0; turn < 12 || !goOn; turn++ {
		ticks, posts := 1+w.r.IntN(6), w.r.IntN(3)
		if !goOn && turn >= 12 {
			ticks, posts = 0, 0
		}
		sent, err := w.sendTape(h, tape, ticks)
		if err == nil {
			err = w.sendTalk(h, talk, posts)
		}
		switch {
		case w.fs.Down():
			return nil
		case err != nil:
			return err
		case !goOn && turn >= 12 && sent == 0:
			return nil
		}
	}
	return nil
}

// powerWait is far beyond what anything takes.
const powerWait = 20 * time.Second

// send appends what was added and waits until it is folded.
func (h *powerHouse) send(s *events.Stream) (positions []events.Position, counts Counts, err error) {
	type answer struct {
		positions []events.Position
		err       error
	}
	durable := make(chan answer, 1)
	s.Send(func(p []events.Position, err error) { durable <- answer{p, err} })
	a := <-durable
	if a.err != nil {
		return nil, counts, a.err
	}
	for _, p := range a.positions {
		c, err := awaitFolded(h.host, p)
		if err != nil {
			return nil, counts, err
		}
		counts.Accepted += c.Accepted
		counts.Duplicates += c.Duplicates
		counts.Late += c.Late
		counts.Refused += c.Refused
		counts.Refusals = append(counts.Refusals, c.Refusals...)
	}
	return a.positions, counts, nil
}

func awaitFolded(h *Host, p events.Position) (Counts, error) {
	type answer struct {
		c   Counts
		err error
	}
	folded := make(chan answer, 1)
	h.AwaitFolded(p, func(c Counts, err error) { folded <- answer{c, err} })
	select {
	case a := <-folded:
		return a.c, a.err
	case err := <-h.Failed():
		return Counts{}, fmt.Errorf("a shard failed: %w", err)
	case <-time.After(powerWait):
		return Counts{}, fmt.Errorf("nothing is heard of %s", p)
	}
}

func awaitPost(h *Host, p events.Position, id string, msg []byte) (room.Outcome, error) {
	type answer struct {
		o   room.Outcome
		err error
	}
	decided := make(chan answer, 1)
	h.AwaitRoom(p, id, powerUser, msg, func(o room.Outcome, err error) { decided <- answer{o, err} })
	select {
	case a := <-decided:
		return a.o, a.err
	case <-time.After(powerWait):
		return room.Outcome{}, fmt.Errorf("nothing is heard of a post at %s", p)
	}
}
