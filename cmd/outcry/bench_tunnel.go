package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"outcry/bench/crowd"
	"outcry/bench/path"
	"outcry/bench/stall"
	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// tunnelBench is `outcry bench tunnel`.
type tunnelBench struct {
	run       stall.Tunnel
	still     time.Duration
	warmUp    time.Duration
	perSecond float64
	kernel    int
	proxy     string
	asJSON    bool
	ticks     stall.Ticks
}

// postEvery is five a second.
const postEvery = 200 * time.Millisecond

func newBenchTunnel() *cobra.Command {
	b := &tunnelBench{}
	cmd := &cobra.Command{Use: "tunnel", Short: "Clients that do not read for a minute, under ticks and posts", Args: needArgs(0, 0, ""),
		Long: `Have clients of instruments and a room stop reading, under ticks and five posts a second,
and go on after a while. They must not be closed, must have every post once and in order, and
after what was framed before must be told nothing that was superseded long ago. The
server's memory is looked at before, and while they stand still.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if b.run.Clients < 1 || b.run.Instruments < 1 || b.run.Rate <= 0 || b.still <= 0 {
				return misuse(cmd, "there must be clients, instruments, a rate and time")
			}
			if err := b.measure(cmd.Context()); err != nil {
				return err
			}
			if b.asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(&b.run)
			}
			_, err := io.WriteString(cmd.OutOrStdout(), b.run.Text())
			return err
		}}
	f := cmd.Flags()
	f.IntVar(&b.run.Clients, "clients", 1, "clients, each over one connection")
	f.IntVar(&b.run.Instruments, "instruments", 200, "instruments; every client watches all")
	f.Float64Var(&b.run.Rate, "rate", 20_000, "ticks a second")
	f.DurationVar(&b.still, "still", time.Minute, "how long they do not read")
	f.DurationVar(&b.warmUp, "warm-up", 5*time.Second, "how long they read before")
	f.Float64Var(&b.perSecond, "per-second", 0, "how often a client wants an instrument at most; 0: at once")
	f.IntVar(&b.kernel, "kernel", 0, "size of the clients' kernel receive buffers, bytes; 0: the kernel's own")
	f.StringVar(&b.proxy, "haproxy", "", "program of haproxy: put it between, with its own buffers; empty: no proxy")
	f.BoolVar(&b.asJSON, "json", false, "print JSON")
	return cmd
}

func (b *tunnelBench) measure(ctx context.Context) error {
	data, remove, err := benchData("")
	if err != nil {
		return err
	}
	defer remove()
	tap := &benchTap{}
	c, err := benchConfig(newConfig(), data, tap)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err = serve(ctx, c, io.Discard, func(ctx context.Context, a *app, url string) error {
		defer stop()
		address := strings.TrimPrefix(url, "http://")
		if b.proxy != "" {
			var stopProxy func()
			if address, stopProxy, failed = throughProxy(ctx, b.proxy, address); failed != nil {
				return failed
			}
			defer stopProxy()
		}
		failed = b.on(ctx, a, tap, address)
		return failed
	})
	return errors.Join(failed, err)
}

// on a running server.
func (b *tunnelBench) on(ctx context.Context, a *app, tap *benchTap, address string) error {
	r := pathRun{bench: &pathBench{settings: path.Settings{Instruments: b.run.Instruments}}, app: a, tap: tap, result: &path.Result{}}
	r.loader = newLoader(a.publisher, b.run.Instruments, b.run.Rate, 1, func() int64 { return 0 })
	if err := r.prepare(ctx); err != nil {
		return err
	}
	b.ticks = make(stall.Ticks, b.run.Instruments)
	r.loader.seen = func(i int, at int64) { b.ticks[i] = append(b.ticks[i], at) }
	if _, err := say(ctx, a, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}); err != nil {
		return err
	}
	clients, err := crowd.Run(tunnelReady, "bench", "tunnel-clients", "--address", address, "--clients", fmt.Sprint(b.run.Clients),
		"--instruments", fmt.Sprint(b.run.Instruments), "--per-second", fmt.Sprint(b.perSecond), "--kernel", fmt.Sprint(b.kernel))
	if err != nil {
		return err
	}
	defer clients.Kill()
	loading, stop := context.WithCancel(ctx)
	defer stop()
	loaded, posted := make(chan error, 1), make(chan error, 1)
	go func() { loaded <- r.loader.run(loading) }()
	var last uint64
	go func() { posted <- b.post(loading, a, &last) }()
	if err := b.stand(ctx, a, &r, loaded, clients); err != nil {
		return err
	}
	stop()
	if err := errors.Join(<-loaded, <-posted); err != nil {
		return err
	}
	var said []stall.Client
	err = clients.Ask(tunnelEnd+fmt.Sprint(last), &said) // when they have the last post
	b.run.Take(said, b.ticks)
	return err
}

// stand has the clients read, stand still and go on, and looks at the memory.
func (b *tunnelBench) stand(ctx context.Context, a *app, r *pathRun, loaded <-chan error, clients *crowd.Child) error {
	if err := r.pause(ctx, loaded, b.warmUp); err != nil {
		return err
	}
	b.look(0)
	if err := clients.Say(tunnelStill); err != nil {
		return err
	}
	for i, part := range []time.Duration{b.still / 4, b.still - b.still/4} {
		if err := r.pause(ctx, loaded, part); err != nil {
			return err
		}
		b.look(1 + i)
	}
	err := a.pumps.Load().Each(ctx, func(some []pump.Seen) {
		for i := range some {
			b.run.StuckKB += float64(some[i].Stuck) / 1024
			if some[i].State == pump.Stalled {
				b.run.Stalled++
			}
		}
	})
	if err != nil {
		return err
	}
	b.run.Seconds = b.still.Seconds()
	if err := clients.Say(tunnelOn); err != nil {
		return err
	}
	return r.pause(ctx, loaded, tunnelLooked)
}

func (b *tunnelBench) look(i int) {
	m := settled()
	b.run.GoMB[i], b.run.RSSMB[i] = float64(m.Go)/(1<<20), float64(m.RSS)/(1<<20)
}

// post says something five times a second until ctx ends.
func (b *tunnelBench) post(ctx context.Context, a *app, last *uint64) error {
	ticker := time.NewTicker(postEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		text := fmt.Sprint("post ", b.run.Posts+1)
		// One that has begun is waited for: it counts.
		seq, err := say(context.WithoutCancel(ctx), a, &outcryv1.Command{Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text)}}}})
		if err != nil {
			return err
		}
		b.run.Posts++
		*last = seq
	}
}

// say asks the benchmark's room for a change.
func say(ctx context.Context, a *app, c *outcryv1.Command) (seq uint64, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return 0, err
	}
	c.Room, c.ClientMsgId = tunnelRoom, id[:]
	answer, err := a.commands.SubmitWait(ctx, "bench", false, c)
	if err == nil && answer.GetError() != nil {
		err = fmt.Errorf("%s: %s", answer.GetError().GetCode(), answer.GetError().GetText())
	}
	if err != nil {
		return 0, fmt.Errorf("asking room %s: %w", tunnelRoom, err)
	}
	return answer.GetSeq(), nil
}
