package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"outcry/bench/market"
	"outcry/events"
	"outcry/events/embedded"
	outcryv1 "outcry/proto/outcry/v1"
)

// marketTick is how often the market moves: finer than what eyes see.
const marketTick = 10 * time.Millisecond

// What a new folder gets before its first live tick, so that charts have
// something to show at once. A few seconds of work.
const (
	historyLength = 8 * time.Hour
	historyRate   = 15.0 // events a second
	historyStep   = 200 * time.Millisecond
	// The market of a demo moves faster than one of a year's length would, so
	// that minutes have something to show. Hours of that would be a crash.
	historyCalm = 3
)

// runMarket feeds the log as a live source until ctx ends.
func runMarket(ctx context.Context, a *app, out io.Writer, list []market.Instrument, rate float64) error {
	known, err := lastPrices(ctx, a, list)
	if err != nil {
		return err
	}
	if known == 0 {
		if err := makeHistory(ctx, a, out, list); err != nil {
			return err
		}
	}
	now := time.Now().UnixNano()
	stream := a.publisher.Open("demo", fmt.Sprint(now), outcryv1.Mode_MODE_LIVE)
	if err := define(ctx, stream, list, now); err != nil {
		return err
	}
	m := market.New(list, rate, uint64(now), now)
	failed := make(chan error, 1)
	ticker := time.NewTicker(marketTick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			if err := standStill(ctx, a, err); err != nil {
				return err
			}
		case <-ticker.C:
		}
		if err := advance(ctx, m, stream, list, time.Now()); err != nil {
			return err
		}
		stream.Send(func(_ []events.Position, err error) {
			if err != nil {
				select {
				case failed <- err:
				default: // an earlier one is told
				}
			}
		})
	}
}

// standStill lets a market wait while the disk is full; what it lost meanwhile
// nobody saw. Any other failure ends it.
func standStill(ctx context.Context, a *app, why error) error {
	if !errors.Is(why, embedded.ErrDiskFull) {
		return fmt.Errorf("appending the market: %w", why)
	}
	a.config.logger.Warn("the market stands still until the disk has room", "error", why)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	return nil
}

func define(ctx context.Context, stream *events.Stream, list []market.Instrument, now int64) error {
	for _, in := range list {
		ev := &outcryv1.TapeEvent{EventTimeNs: now, Event: &outcryv1.TapeEvent_Definition{Definition: in.Definition}}
		if err := stream.Event(ctx, in.ID, ev); err != nil {
			return fmt.Errorf("defining %s: %w", in.ID, err)
		}
	}
	return nil
}

// advance lets the market pass to now and adds its ticks to the stream.
func advance(ctx context.Context, m *market.Market, stream *events.Stream, list []market.Instrument, now time.Time) (err error) {
	m.Advance(now.UnixNano(), func(i int, t *events.Tick) {
		if err == nil {
			err = stream.Tick(ctx, list[i].ID, t, "")
		}
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("appending the market: %w", err)
	}
	return nil
}

// makeHistory imports the market's hours before now, and leaves in list where its prices came to.
func makeHistory(ctx context.Context, a *app, out io.Writer, list []market.Instrument) error {
	now := time.Now()
	start := now.Add(-historyLength)
	stream := a.publisher.Open("demo-history", fmt.Sprint(now.UnixNano()), outcryv1.Mode_MODE_IMPORT)
	if err := define(ctx, stream, list, start.UnixNano()); err != nil {
		return err
	}
	calm := slices.Clone(list)
	for i := range calm {
		calm[i].Volatility /= historyCalm
	}
	m := market.New(calm, historyRate, uint64(now.UnixNano()), start.UnixNano())
	m.Step = historyStep.Nanoseconds()
	if err := advance(ctx, m, stream, list, now); err != nil || ctx.Err() != nil {
		return err
	}
	if _, err := stream.Flush(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // the demo is being stopped
		}
		return fmt.Errorf("appending the market's history: %w", err)
	}
	for i := range list {
		list[i].Price = m.Price(i)
	}
	fmt.Fprintf(out, "  history      the folder is new: %.0f hours of it were made in %s\n", historyLength.Hours(), time.Since(now).Round(10*time.Millisecond))
	return nil
}

// lastPrices lets the market go on where it was, and says how many instruments have been there.
func lastPrices(ctx context.Context, a *app, list []market.Instrument) (known int, err error) {
	for i := range list {
		answer, err := a.reads.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{list[i].ID}})
		if err != nil {
			return known, err
		}
		for _, l := range answer.Instruments {
			if p := l.GetTrade().GetPrice(); p > 0 {
				known++
				list[i].Price = float64(p) * list[i].Tick
			}
		}
	}
	return known, nil
}
