package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"outcry/actors/instrument"
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
		return errors.Join(err, clients.kill())
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
	return r.until(ctx, r.before)
}

// window warms up, and measures.
func (r *pathRun) window(ctx context.Context, clients *clientsProcess, loaded <-chan error) error {
	if err := r.pause(ctx, loaded, r.bench.warmUp); err != nil {
		return err
	}
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return fmt.Errorf("profiling: %w", err)
	}
	if err := clients.count(); err != nil {
		return errors.Join(fmt.Errorf("asking the clients: %w", err), r.stopProfile(nil))
	}
	before, cpu := r.counters(), path.CPUTime()
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
	if err := r.stopProfile(&profile); err != nil {
		return err
	}
	report, err := clients.report()
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

// count takes the difference of the counters over the window.
func (r *pathRun) count(before map[string]float64, cpu, took time.Duration) {
	after := r.counters()
	since := func(name string) uint64 { return uint64(after[name] - before[name]) }
	res := r.result
	res.Seconds = took.Seconds()
	f := &res.Flow
	f.Offered, f.Folded = uint64(r.loader.due()-r.due), uint64(r.tap.folded.Load()-r.folded)
	f.Durable, f.Rows = since("outcry_publisher_inputs_total"), since("outcry_rows_written_total")
	f.LogBytes, f.LogRecords, f.LogSyncs = since("outcry_log_bytes_total"), since("outcry_log_records_total"), since("outcry_log_sync_seconds count")
	if f.LogSyncs > 0 {
		f.SyncMs = 1e3 * (after["outcry_log_sync_seconds"] - before["outcry_log_sync_seconds"]) / float64(f.LogSyncs)
	}
	res.CPU.Cores = cpu.Seconds() / took.Seconds()
	res.CPU.NsPerEvent = float64(cpu) / float64(max(f.Folded, 1))
	res.Backlog, res.Memory = path.BacklogOf(res.Samples), path.GrowthOf(res.Samples)
}

func (r *pathRun) delivered(report *clientsReport, took time.Duration) {
	f, c := &r.result.Flow, &report.Counts
	f.Delivered, f.Messages, f.Bytes = c.Updates, c.Messages, c.Bytes
	r.result.Latency = path.LatencyOf(&c.Spread)
	r.result.CPU.ClientCores = report.CPU.Seconds() / took.Seconds()
}

// stopProfile shares out the CPU time; nil gives the profile up.
func (r *pathRun) stopProfile(profile *bytes.Buffer) error {
	pprof.StopCPUProfile()
	if profile == nil {
		return nil
	}
	if r.bench.profile != "" {
		if err := os.WriteFile(r.bench.profile, profile.Bytes(), 0o644); err != nil {
			return fmt.Errorf("keeping the profile: %w", err)
		}
	}
	stages, err := path.ReadProfile(profile.Bytes(), path.StageOf, path.Rest)
	r.result.CPU.Stages = path.StagesOf(stages, r.result.CPU.NsPerEvent)
	return err
}

// counters sums each metric over its labels; a histogram's sum stands under its name.
func (r *pathRun) counters() map[string]float64 {
	all := map[string]float64{}
	families, err := r.app.metrics.registry.Gather()
	if err != nil {
		return all // what is broken shows as nothing counted
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				all[f.GetName()] += h.GetSampleSum()
				all[f.GetName()+" count"] += float64(h.GetSampleCount())
			}
			all[f.GetName()] += m.GetCounter().GetValue()
		}
	}
	return all
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

// accepted asks every instrument what became of its events.
func (r *pathRun) accepted(ctx context.Context) error {
	f := &r.result.Flow
	f.Sent = uint64(r.loader.sent.Load())
	var v instrument.View
	for _, id := range r.loader.floor.IDs() {
		err := r.app.host.Instrument(ctx, id, func(s *instrument.State) { s.View(&v) })
		if err != nil {
			return fmt.Errorf("asking %s: %w", id, err)
		}
		f.Accepted += v.Seq
		f.Duplicates += v.Duplicates
		f.Late += v.Late
	}
	f.Accepted -= uint64(r.before)
	r.loader = nil
	runtime.GC() // for the base, which comes next
	if f.Accepted != f.Sent {
		return fmt.Errorf("of %d events %d were accepted, %d were duplicates, %d late", f.Sent, f.Accepted, f.Duplicates, f.Late)
	}
	return nil
}
