package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/gateways/feeds/binance"
	"outcry/gateways/rpc"
)

// feedBinance is one run of outcry feed binance.
type feedBinance struct {
	address
	config binance.Config
	json   bool
	every  time.Duration
	giveUp time.Duration
}

func newFeedBinance() *cobra.Command {
	b := &feedBinance{}
	cmd := &cobra.Command{
		Use: "binance SYMBOL…", Short: "Follow Binance's public streams into a running server", Args: needArgs(1, -1, "a symbol such as BTCUSDT is"),
		Long: `Follow Binance's public streams of symbols into a running server, until Ctrl-C,
which ends once what was read is durable. Instruments are named VENUE:SYMBOL and
defined by the exchange's tick size and step size.

A lost or silent connection is made again; trades that were missed meanwhile, or
while no feed was running, are fetched by REST, and what can't be fetched is told
as a gap. Nothing comes twice: a feed that is started again, or two at once,
change nothing. The exchange's ids of trades and book updates are the source
sequences. Nothing is dropped: when the server is slow the streams are not read.

No account or key is needed.`,
		Example: `  outcry feed binance BTCUSDT ETHUSDT
  outcry feed binance BTCUSDT --market usdm --streams aggTrade,bookTicker
  outcry feed binance BTCUSDT --base-url wss://data-stream.binance.vision --rest-url https://data-api.binance.vision/api/v3
  outcry feed binance BTCUSDT --json | jq 'select(.type == "notice")'`,
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	b.address.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&b.config.Market, "market", "spot", "spot, or usdm (USDⓈ-M futures)")
	f.StringVar(&b.config.Venue, "venue", "", "stands before the symbols; without it BINANCE, of usdm BINANCE-USDM")
	f.StringSliceVar(&b.config.Streams, "streams", []string{"trade", "bookTicker"}, "of each symbol: "+strings.Join(binance.Kinds(), ", "))
	f.StringVar(&b.config.BaseURL, "base-url", "", "of the streams, such as wss://stream.binance.com:9443; without it the market's")
	f.StringVar(&b.config.RestURL, "rest-url", "", "of symbols and past trades, with its path; without it the market's, or none where --base-url is given")
	f.StringVar(&b.config.Epoch, "epoch", "", "another one where the exchange's ids began again, as a test network's do")
	f.DurationVar(&b.config.Stale, "stale", 30*time.Second, "silence after which a connection is made anew; more for symbols that are seldom traded")
	f.Uint64Var(&b.config.MostMissing, "most-missing", 100_000, "trades of a symbol that are fetched after an outage, at most")
	f.DurationVar(&b.giveUp, "give-up", 15*time.Second, "how long a first connection is tried for; 0: for ever. Later ones are tried for ever")
	f.DurationVar(&b.every, "every", 0, "how often to show how it stands; without it 1s, or 10s where the output is no terminal")
	f.BoolVar(&b.json, "json", false, "print JSON, one object a line: status, notice, and end")
	return cmd
}

func (b *feedBinance) run(cmd *cobra.Command, symbols []string) error {
	b.config.Symbols = symbols
	if err := b.config.Validate(); err != nil {
		return misuse(cmd, "%w", err)
	}
	client, url, err := b.client()
	if err != nil {
		return err
	}
	report := newFeedReport(cmd.OutOrStdout(), cmd.ErrOrStderr(), b.json, "binance")
	if b.every <= 0 {
		b.every = report.every()
	}
	f, err := binance.New(b.config, client, binance.Options{Notice: report.notice, Final: rpc.Refused, GiveUp: b.giveUp})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- f.Run(cmd.Context()) }()
	ticks := time.NewTicker(b.every)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			report.status(f.Status(), "status")
		case err := <-ended:
			if s := f.Status(); b.json || err == nil || s.Received > 0 {
				report.status(s, "end")
			}
			if err != nil {
				return explain(fmt.Errorf("following binance: %w", err), url)
			}
			return nil
		}
	}
}
