package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// playlist plays recorded files in place of the synthetic market.
type playlist struct {
	files   []string
	speed   float64
	format  string
	options feed.Options

	instruments struct {
		sync.Mutex
		ids []string // in the order in which they came
	}
}

func (r *playlist) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&r.files, "replay", nil, "recorded files to play instead: captures of Binance, csv, ndjson, plain or gzipped")
	f.Float64Var(&r.speed, "speed", 1, "of --replay: 1 as recorded, 10 ten times faster, 0 everything at once with its own times")
	f.StringVar(&r.format, "format", "", "of --replay: binance, csv or ndjson; without it the file's name tells")
	f.StringVar(&r.options.Venue, "venue", "", "of --replay: stands before the symbols of captures; without it BINANCE, or BINANCE-USDM where the file's name starts with usdm")
	f.StringSliceVar(&r.options.Columns, "columns", nil, "of --replay: the fields of a csv without a header line, in order")
	f.StringVar(&r.options.Instrument, "instrument", "", "of --replay: instrument of lines that name none")
	f.StringVar(&r.options.TimeUnit, "time-unit", "", "of --replay: unit of integer times: s, ms, us or ns")
}

// demoReplay runs the demo on recorded files.
func demoReplay(cmd *cobra.Command, c *config, r *playlist) error {
	if r.speed < 0 || r.speed > 100_000 {
		return misuse(cmd, "--speed %g: 0 to 100000", r.speed)
	}
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	played, err := r.open(errs)
	if err != nil {
		return err
	}
	defer played.close()
	return serve(cmd.Context(), c, out, func(ctx context.Context, a *app, url string) error {
		c.sayPort(out, url)
		fmt.Fprintf(out, `  market       %d recorded files %s
  try next     open the URL; in another terminal:
               bin/outcry query instruments --server %s
               bin/outcry tail --server %[3]s ID, with an ID of those
`, len(r.files), r.pace(), url)
		// What people say of these prices is as invented as they are.
		talking := make(chan error, 1)
		go func() { talking <- runTalk(ctx, a, uint64(time.Now().UnixNano()), r.pick) }()
		played.answer(a)
		return errors.Join(played.run(ctx, a, out), <-talking)
	})
}

func (r *playlist) pace() string {
	switch r.speed {
	case 0:
		return "at once, with the times at which they were recorded"
	case 1:
		return "as they were recorded, moved to now"
	}
	return fmt.Sprintf("%g times as fast as they were recorded, moved to now", r.speed)
}

// pick gives one of the instruments that have come so far.
func (r *playlist) pick() string {
	r.instruments.Lock()
	defer r.instruments.Unlock()
	if len(r.instruments.ids) == 0 {
		return ""
	}
	return r.instruments.ids[rand.IntN(len(r.instruments.ids))]
}

// met is told of each instrument when it is first seen.
func (r *playlist) met(id string) {
	r.instruments.Lock()
	defer r.instruments.Unlock()
	r.instruments.ids = append(r.instruments.ids, id)
}

// accepted gives an instrument's accepted definition; nil, nil where there is none.
func (a *app) accepted(ctx context.Context, id string) (*outcryv1.Definition, error) {
	answer, err := a.reads.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{id}})
	if err != nil || len(answer.Instruments) == 0 {
		return nil, err
	}
	return answer.Instruments[0].Definition, nil
}
