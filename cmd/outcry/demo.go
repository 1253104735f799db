package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/market"
)

func newDemo() *cobra.Command {
	c := newConfig()
	c.anyPort = true
	rate := 300.0
	replay := &playlist{}
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the server with a synthetic market and talking rooms",
		Long: `Run the server with a synthetic market, invented instruments whose prices behave
like prices, and a few rooms in which invented people talk. Takes a free port where the default is taken, and keeps its data
folder, so that the market goes on where it was.

With --replay, recorded files are played instead of the synthetic market, in a
folder of their own. At a speed above 0 their ticks come as they came, or so
many times faster, with the present as their time, so that the page moves;
what lies between them keeps its length, divided by the speed, and silences
of more than a minute are skipped. With --speed 0 everything comes at once and
keeps the time at which it was recorded, as with outcry import.`,
		Example: `  outcry demo
  outcry demo --replay spot_btcusdt.jsonl.gz --replay usdm_btcusdt.jsonl.gz --speed 10
  outcry demo --replay trades.csv --columns time,price,size,side --time-unit s --instrument BINANCE:BTCUSDT`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && len(replay.files) == 0 {
				return misuse(cmd, "%q: files are played with --replay FILE…", args[0])
			}
			replay.files = append(replay.files, args...) // of a shell's wildcard
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(replay.files) > 0 {
				c.otherwise("data", demoData("replay")) // the synthetic market has its own
			}
			if err := c.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			if len(replay.files) > 0 {
				return demoReplay(cmd, c, replay)
			}
			return demoMarket(cmd, c, rate)
		},
	}
	c.flags(cmd)
	c.otherwise("data", demoData("demo"))
	c.otherwise("log_level", "warn") // who tries a demo wants to read where it is, not that its parts have started
	cmd.Flags().Float64Var(&rate, "rate", rate, "events a second of the synthetic market")
	replay.flags(cmd)
	return cmd
}

func demoData(name string) string { return filepath.Join(defaultData(), name) }

// sayPort tells when the port that was asked for was taken.
func (c *config) sayPort(out io.Writer, url string) {
	if _, port, err := net.SplitHostPort(c.http); err == nil && port != "0" && !strings.HasSuffix(url, ":"+port) {
		fmt.Fprintf(out, "  port         %s is taken by another program, so this one was picked\n", port)
	}
}

func demoMarket(cmd *cobra.Command, c *config, rate float64) error {
	out, listing := cmd.OutOrStdout(), market.Listing()
	return serve(cmd.Context(), c, out, func(ctx context.Context, a *app, url string) error {
		c.sayPort(out, url)
		fmt.Fprintf(out, `  market       synthetic, %.0f events a second: none of these instruments exists
  try next     open the URL; in another terminal:
               bin/outcry query instruments --server %s
               bin/outcry query bars DEMO:QUARK --resolution 1s --server %s
               bin/outcry post demo-floor "hello" --user ann --join --server %s
               kill -9 %d, start the demo again: everything is still there
`, rate, url, url, url, os.Getpid())
		pick := func() string { return listing[rand.IntN(len(listing))].ID }
		talking := make(chan error, 1)
		go func() { talking <- runTalk(ctx, a, uint64(time.Now().UnixNano()), pick) }()
		return errors.Join(runMarket(ctx, a, out, listing, rate), <-talking)
	})
}
