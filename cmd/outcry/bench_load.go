package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"outcry/bench/load"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	// loadStep is how often events that are due are sent.
	loadStep = 500 * time.Microsecond
	// loadSend is how many are added at most before they are sent.
	loadSend = 5000
	// loadAhead bounds what a closed loop has sent and not seen folded.
	loadAhead = 100_000
)

// loader feeds the floor through a publisher, as a live source.
type loader struct {
	floor  *load.Floor
	stream *events.Stream
	epoch  string
	mode   outcryv1.Mode
	rate   float64 // events a second; 0: as fast as the floor folds
	folded func() int64
	begun  time.Time
	sent   atomic.Int64 // ticks
	failed chan error
	seen   func(instrument int, at int64) // of each tick, if anybody looks
}

func newLoader(p *events.Publisher, instruments int, rate float64, seed uint64, folded func() int64) *loader {
	l := &loader{floor: load.New(instruments, seed), rate: rate, folded: folded, failed: make(chan error, 1),
		epoch: fmt.Sprint(time.Now().UnixNano()), mode: outcryv1.Mode_MODE_LIVE}
	l.stream = p.Open("bench", l.epoch, l.mode)
	return l
}

// define makes the instruments known and waits until that is durable.
func (l *loader) define(ctx context.Context) error {
	for _, id := range l.floor.IDs() {
		ev := &outcryv1.TapeEvent{EventTimeNs: time.Now().UnixNano(), Event: &outcryv1.TapeEvent_Definition{Definition: load.Definition()}}
		if err := l.stream.Event(ctx, id, ev); err != nil {
			return fmt.Errorf("defining %s: %w", id, err)
		}
	}
	if _, err := l.stream.Flush(ctx); err != nil {
		return fmt.Errorf("defining instruments: %w", err)
	}
	return nil
}

// historyBars of each resolution are all that an instrument keeps.
const historyBars = 120

// history trades every instrument in each of the last 120 minutes and then of the last
// 120 seconds, as an import does, and waits until that is durable. It gives the trades.
func (l *loader) history(ctx context.Context, p *events.Publisher) (trades int64, err error) {
	stream := p.Open("bench-history", l.epoch, outcryv1.Mode_MODE_IMPORT)
	end := time.Now().Add(-10 * time.Second).Truncate(time.Minute)
	trade := func(at time.Time) error {
		trades++
		for _, id := range l.floor.IDs() {
			t := events.Tick{Kind: events.TradeTick, SourceSeq: uint64(trades), EventTime: at.UnixNano(), Price: 10_000 + trades%50, Size: 5}
			if err := stream.Tick(ctx, id, &t, ""); err != nil {
				return err
			}
		}
		_, err := stream.Flush(ctx)
		return err
	}
	for _, width := range []time.Duration{time.Minute, time.Second} {
		for i := range historyBars {
			if err := trade(end.Add(time.Duration(i-historyBars) * width)); err != nil {
				return 0, fmt.Errorf("trading the history: %w", err)
			}
		}
	}
	return trades * int64(len(l.floor.IDs())), nil
}

// due is how many events should have been sent by now; in a closed loop what was sent.
func (l *loader) due() float64 {
	if l.rate == 0 {
		return float64(l.sent.Load())
	}
	return time.Since(l.begun).Seconds() * l.rate
}

// run sends until ctx ends. In an open loop each event bears the time at which it was due,
// however late it is sent, and none is left out.
func (l *loader) run(ctx context.Context) error {
	l.begun = time.Now()
	for ctx.Err() == nil {
		n, err := l.wait(ctx)
		if err == nil {
			err = l.send(ctx, n)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("sending events: %w", err)
		}
	}
	return nil
}

// wait gives how many events to send now.
func (l *loader) wait(ctx context.Context) (n int64, err error) {
	step := time.NewTimer(loadStep)
	defer step.Stop()
	sent := l.sent.Load()
	if l.rate > 0 {
		n = int64(l.due()) - sent
	} else {
		n = l.folded() + loadAhead - sent
	}
	if n >= loadSend || l.rate == 0 && n > 0 {
		return min(n, loadSend), nil
	}
	select {
	case err = <-l.failed:
	case <-ctx.Done():
	case <-step.C:
	}
	return n, err
}

func (l *loader) send(ctx context.Context, n int64) error {
	now := time.Now().UnixNano()
	for i := l.sent.Load(); n > 0; i, n = i+1, n-1 {
		instrument, t := l.floor.Next(l.timeOf(i, now))
		if err := l.stream.Tick(ctx, l.floor.IDs()[instrument], t, ""); err != nil {
			return err
		}
		if l.seen != nil {
			l.seen(instrument, t.EventTime)
		}
		l.sent.Store(i + 1)
	}
	l.stream.Send(func(_ []events.Position, err error) {
		if err != nil {
			select {
			case l.failed <- err:
			default: // an earlier one is told
			}
		}
	})
	return nil
}

// timeOf the event number i, ns; now where none is due at a time.
func (l *loader) timeOf(i, now int64) int64 {
	if l.rate == 0 {
		return now
	}
	return l.begun.UnixNano() + int64(float64(i)/l.rate*1e9)
}
