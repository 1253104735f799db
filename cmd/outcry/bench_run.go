package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"outcry/bench/crowd"
	"outcry/bench/load"
	"outcry/bench/path"
)

// sampleEvery is how often backlog and memory are looked at.
const sampleEvery = 250 * time.Millisecond

// drainMost is how long the floor may fold on after the last event was sent.
const drainMost = 10 * time.Minute

// pathRun is one measurement on a running server.
type pathRun struct {
	bench  *pathBench
	app    *app
	tap    *benchTap
	result *path.Result
	loader *loader
	began  time.Time // of the window
	due    float64   // before it began
	folded int64
	before int64 // inputs of definitions and history
}

func (r *pathRun) measure(ctx context.Context, url string) error {
	s := &r.bench.settings
	r.loader = newLoader(r.app.publisher, s.Instruments, s.Rate, s.Seed, func() int64 { return r.tap.folded.Load() - r.before })
	if s.Events == "even" {
		r.loader.floor = load.Even(s.Instruments, s.Seed)
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	clients, err := startClients(url, s)
	if err != nil {
		return err
	}
	loading, stop := context.WithCancel(ctx)
	defer stop()
	loaded := make(chan error, 1)
	go func() { loaded <- r.loader.run(loading) }()
	err = r.window(ctx, clients, loaded)
	stop()
	if err == nil {
		err = <-loaded
	}
	if err != nil {
		return errors.Join(err, clients.Kill())
	}
	return errors.Join(r.drain(ctx), r.accepted(ctx))
}

// prepare makes the instruments known, with their history where one is wanted.
func (r *pathRun) prepare(ctx context.Context) error {
	r.before = int64(r.bench.settings.Instruments)
	if err := r.loader.define(ctx); err != nil {
		return err
	}
	if r.bench.settings.History {
		trades, err := r.loader.history(ctx, r.app.publisher)
		if err != nil {
			return err
		}
		r.before += trades
	}
	err := r.until(ctx, r.before)
	debug.FreeOSMemory() // what only the preparation needed is not what is measured
	return err
}

// window warms up, and measures.
func (r *pathRun) window(ctx context.Context, clients *crowd.Process, loaded <-chan error) error {
	if err := r.pause(ctx, loaded, r.bench.warmUp); err != nil {
		return err
	}
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return fmt.Errorf("profiling: %w", err)
	}
	if err := clients.Count(); err != nil {
		return errors.Join(fmt.Errorf("asking the clients: %w", err), r.stopProfile(nil))
	}
	if err := r.bench.others.begin(); err != nil {
		return errors.Join(err, r.stopProfile(nil))
	}
	before, cpu := r.counters(), path.CPUTime()
	r.result.Flow.RowsWaiting[0] = r.app.rows().WaitingRows
	r.began, r.due, r.folded = time.Now(), r.loader.due(), r.tap.folded.Load()
	for left := r.bench.duration; left > 0; left = r.bench.duration - time.Since(r.began) {
		r.sample()
		if err := r.pause(ctx, loaded, min(left, sampleEvery)); err != nil {
			return errors.Join(err, r.stopProfile(nil))
		}
	}
	r.sample()
	took := time.Since(r.began)
	r.count(before, path.CPUTime()-cpu, took)
	var err error
	if r.result.CPU.Others, err = r.bench.others.cores(took); err != nil {
		return errors.Join(err, r.stopProfile(nil))
	}
	if err := errors.Join(r.stopProfile(&profile), r.bench.keepHeap()); err != nil {
		return err
	}
	report, err := clients.Report()
	if err != nil {
		return err
	}
	r.delivered(&report, took)
	return nil
}

func (r *pathRun) pause(ctx context.Context, loaded <-chan error, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case err := <-r.app.host.Failed():
		return err
	case err := <-loaded:
		return errors.Join(err, errors.New("the load ended early"))
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *pathRun) sample() {
	// Folded is read first: an event that is folded in between is no backlog, nor less than none.
	folded := float64(r.loader.folded())
	r.result.Samples = append(r.result.Samples, path.Sample{Seconds: time.Since(r.began).Seconds(),
		Offered: r.loader.due(), Folded: folded, Memory: path.MemoryNow()})
}

// drain waits until all that was sent is folded.
func (r *pathRun) drain(ctx context.Context) error {
	began, want := time.Now(), r.loader.sent.Load()+r.before
	if _, err := r.loader.stream.Flush(ctx); err != nil {
		return fmt.Errorf("sending the last events: %w", err)
	}
	err := r.until(ctx, want)
	r.result.Backlog.DrainMs = float64(time.Since(began)) / 1e6
	return err
}

// until so many events are folded since the start.
func (r *pathRun) until(ctx context.Context, want int64) error {
	for began := time.Now(); r.tap.folded.Load() < want; {
		if time.Since(began) > drainMost {
			return fmt.Errorf("of %d events %d were folded %s after the last was sent", want, r.tap.folded.Load(), drainMost)
		}
		if err := r.pause(ctx, nil, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
