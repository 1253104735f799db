package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// tail is one run of outcry tail.
type tail struct {
	address
	rooms          []string
	quotes, trades bool
	bars           string
	recent         uint32
	perSecond      float64
	after          int64
	json           bool
	count          int

	definitions map[string]*outcryv1.Definition
	lines       int
	stop        func()
}

func newTail() *cobra.Command {
	t := &tail{}
	cmd := &cobra.Command{
		Use: "tail [INSTRUMENT…] [--room ROOM]", Short: "Follow instruments and rooms of a running server, one line an update", Args: needArgs(0, -1, ""),
		Long: `Follow instruments and rooms of a running server, one line an update, until Ctrl-C.

Of instruments: --quotes (the newest quote and trade; a busy one's older versions are
left out), --trades (every one), --bars 1s or 1m (every bar once it is closed, and again when
a late trade changes it). Without any of them: --quotes. Of rooms: every change.

A lost connection is made again, and trades, bars and rooms go on after the last line: nothing
is missing and nothing comes twice. --after SEQ starts so, after a line seen before.`,
		Example: `  outcry tail DEMO:QUARK
  outcry tail BINANCE:BTCUSDT --trades --json
  outcry tail DEMO:QUARK DEMO:GLUON --bars 1m --room lobby`,
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, args) },
	}
	t.address.flags(cmd)
	t.naming(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&t.rooms, "room", nil, "a room to follow; may be given several times")
	f.BoolVar(&t.quotes, "quotes", false, "the newest quote and trade of the instruments")
	f.BoolVar(&t.trades, "trades", false, "every trade of the instruments")
	f.StringVar(&t.bars, "bars", "", "closed bars of the instruments: 1s or 1m")
	f.Uint32Var(&t.recent, "recent", 10, "newest trades, bars and changes to start with; at most 100")
	f.Float64Var(&t.perSecond, "max-per-second", 0, "quotes of one instrument a second at most; 0: as they come")
	f.Int64Var(&t.after, "after", -1, "go on after this seq, of the one stream that is followed; 0 is from its beginning")
	f.BoolVar(&t.json, "json", false, "print JSON, one object a line, every value as text")
	f.IntVar(&t.count, "count", 0, "end after so many lines; 0: on Ctrl-C")
	return cmd
}

func (t *tail) run(cmd *cobra.Command, instruments []string) error {
	topics, err := t.topics(cmd, instruments)
	if err != nil {
		return err
	}
	client, url, err := t.client()
	if err != nil {
		return err
	}
	over, err := t.connections()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	t.stop = stop
	if t.definitions, err = definitionsOf(ctx, client, instruments); err != nil {
		return explain(err, url)
	}
	s := &stream{
		url: t.where(url), over: over, token: t.bearer(), user: t.as, topics: topics,
		item: func(topic *streamTopic, it *outcryv1.Item) error { return t.print(cmd, t.itemLine(topic, it)) },
		update: func(topic *streamTopic, u *outcryv1.Update) error {
			return t.print(cmd, t.quoteLine(topic, u))
		},
		notice: func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...) },
	}
	return s.run(ctx)
}

// where looks the server up each time: one that was started anew on a data folder may have another port.
func (t *tail) where(url string) func() string {
	return func() string {
		if now, err := t.url(); err == nil {
			url = now
		}
		return url
	}
}

// topics are what the flags ask for.
func (t *tail) topics(cmd *cobra.Command, instruments []string) (all []*streamTopic, err error) {
	resolution := resolutions[t.bars]
	switch {
	case len(instruments)+len(t.rooms) == 0:
		return nil, misuse(cmd, "an instrument or --room is needed")
	case t.bars != "" && resolution != outcryv1.Resolution_RESOLUTION_1S && resolution != outcryv1.Resolution_RESOLUTION_1M:
		return nil, misuse(cmd, "--bars %q: there are 1s and 1m", t.bars)
	case t.recent > 100:
		return nil, misuse(cmd, "--recent %d: at most 100", t.recent)
	case t.perSecond < 0:
		return nil, misuse(cmd, "--max-per-second %v is negative", t.perSecond)
	}
	add := func(channel outcryv1.Channel, id string, r outcryv1.Resolution) {
		all = append(all, &streamTopic{Topic: &outcryv1.Topic{Channel: channel, Id: id, Resolution: r}, recent: t.recent, perSecond: t.perSecond})
	}
	for _, id := range instruments {
		if t.quotes || !t.trades && t.bars == "" {
			add(outcryv1.Channel_CHANNEL_QUOTE, id, 0)
		}
		if t.trades {
			add(outcryv1.Channel_CHANNEL_TRADES, id, 0)
		}
		if t.bars != "" {
			add(outcryv1.Channel_CHANNEL_CLOSED_BARS, id, resolution)
		}
	}
	for _, id := range t.rooms {
		add(outcryv1.Channel_CHANNEL_ROOM, id, 0)
	}
	return all, t.startAfter(cmd, all)
}

// startAfter sets the cursor of the one stream that has numbers to go on from.
func (t *tail) startAfter(cmd *cobra.Command, all []*streamTopic) error {
	if t.after < 0 {
		return nil
	}
	numbered := slices.DeleteFunc(slices.Clone(all), func(one *streamTopic) bool { return !one.neverLose() })
	if len(numbered) != 1 {
		return misuse(cmd, "--after goes with exactly one of --trades, --bars or --room of one id; here are %d", len(numbered))
	}
	numbered[0].complete(uint64(t.after))
	return nil
}

// definitionsOf says how the instruments' numbers are read; that never changes.
func definitionsOf(ctx context.Context, client outcryv1connect.OutcryClient, ids []string) (map[string]*outcryv1.Definition, error) {
	all := map[string]*outcryv1.Definition{}
	if len(ids) == 0 {
		return all, nil
	}
	a, err := client.Latest(ctx, &outcryv1.LatestRequest{Instruments: ids})
	if err != nil {
		return nil, err
	}
	if len(a.Unknown) > 0 {
		return nil, fmt.Errorf("unknown instruments: %s", strings.Join(a.Unknown, ", "))
	}
	for _, l := range a.Instruments {
		all[l.Instrument] = l.Definition
	}
	return all, nil
}

// print writes one line and ends the run after the last one wanted.
func (t *tail) print(cmd *cobra.Command, l line) (err error) {
	if t.count > 0 && t.lines == t.count {
		return nil // what shared a message with the last line
	}
	if t.json {
		err = l.table().json(cmd.OutOrStdout())
	} else {
		err = printLine(cmd, l.text)
	}
	if t.lines++; t.lines == t.count {
		t.stop()
	}
	return err
}
