package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/market"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

func newDemo() *cobra.Command {
	c := &config{anyPort: true}
	rate := 300.0
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the server with a synthetic market and talking rooms", Args: needArgs(0, 0, ""),
		Long: `Run the server with a synthetic market, invented instruments whose prices behave
like prices, and a few rooms in which invented people talk. Takes a free port where the default is taken, and keeps its data
folder, so that the market goes on where it was.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			return serve(cmd.Context(), c, out, func(ctx context.Context, a *app, url string) error {
				fmt.Fprintf(out, `  market       synthetic, %.0f events a second: none of these instruments exists
  try next     open the URL; in another terminal:
               outcry query instruments --server %s
               outcry query bars DEMO:QUARK --resolution 1s --server %s
               kill -9 %d, start the demo again: everything is still there
`, rate, url, url, os.Getpid())
				talking := make(chan error, 1)
				go func() { talking <- runTalk(ctx, a, uint64(time.Now().UnixNano())) }()
				return errors.Join(runMarket(ctx, a, rate), <-talking)
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().Lookup("data").DefValue = demoData()
	c.data = demoData()
	cmd.Flags().Float64Var(&rate, "rate", rate, "events a second")
	return cmd
}

func demoData() string { return filepath.Join(defaultData(), "demo") }

// marketTick is how often the market moves: finer than what eyes see.
const marketTick = 10 * time.Millisecond

// runMarket feeds the log as a live source until ctx ends.
func runMarket(ctx context.Context, a *app, rate float64) error {
	list := market.Listing()
	now := time.Now().UnixNano()
	stream := a.publisher.Open("demo", fmt.Sprint(now), outcryv1.Mode_MODE_LIVE)
	for _, in := range list {
		ev := &outcryv1.TapeEvent{EventTimeNs: now, Event: &outcryv1.TapeEvent_Definition{Definition: in.Definition}}
		if err := stream.Event(ctx, in.ID, ev); err != nil {
			return fmt.Errorf("defining %s: %w", in.ID, err)
		}
	}
	if err := lastPrices(ctx, a, list); err != nil {
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
			return fmt.Errorf("appending the market: %w", err)
		case <-ticker.C:
		}
		var addErr error
		m.Advance(time.Now().UnixNano(), func(i int, t *events.Tick) {
			if addErr == nil {
				addErr = stream.Tick(ctx, list[i].ID, t, "")
			}
		})
		if addErr != nil {
			return fmt.Errorf("appending the market: %w", addErr)
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

// lastPrices lets the market go on where it was.
func lastPrices(ctx context.Context, a *app, list []market.Instrument) error {
	for i := range list {
		answer, err := a.reads.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{list[i].ID}})
		if err != nil {
			return err
		}
		for _, l := range answer.Instruments {
			if p := l.GetTrade().GetPrice(); p > 0 {
				list[i].Price = float64(p) * list[i].Tick
			}
		}
	}
	return nil
}
