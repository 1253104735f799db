package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"outcry/actors/instrument"
	"outcry/bench/crowd"
	"outcry/bench/path"
)

// count takes the difference of the counters over the window.
func (r *pathRun) count(before map[string]float64, cpu, took time.Duration) {
	after := r.counters()
	since := func(name string) uint64 { return uint64(after[name] - before[name]) }
	res := r.result
	res.Seconds = took.Seconds()
	f := &res.Flow
	f.Offered, f.Folded = uint64(r.loader.due()-r.due), uint64(r.tap.folded.Load()-r.folded)
	f.Durable, f.Rows, f.Debts = since("outcry_publisher_inputs_total"), since("outcry_rows_written_total"), since("outcry_rows_debts_total")
	f.RowsOf, f.RowsWaiting[1] = map[string]float64{}, r.app.rows().WaitingRows
	for name, n := range after {
		if sort, ok := strings.CutPrefix(name, "outcry_rows_written_total "); ok {
			f.RowsOf[sort] = (n - before[name]) / took.Seconds()
		}
	}
	f.LogBytes, f.LogRecords, f.LogSyncs = since("outcry_log_bytes_total"), since("outcry_log_records_total"), since("outcry_log_sync_seconds count")
	if f.LogSyncs > 0 {
		f.SyncMs = 1e3 * (after["outcry_log_sync_seconds"] - before["outcry_log_sync_seconds"]) / float64(f.LogSyncs)
	}
	res.CPU.Cores = cpu.Seconds() / took.Seconds()
	res.CPU.NsPerEvent = float64(cpu) / float64(max(f.Folded, 1))
	res.Backlog, res.Memory = path.BacklogOf(res.Samples), path.GrowthOf(res.Samples)
}

func (r *pathRun) delivered(report *crowd.Report, took time.Duration) {
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

// keepHeap writes what is alive now, after a collection of its own.
func (b *pathBench) keepHeap() error {
	if b.heap == "" {
		return nil
	}
	runtime.GC()
	var profile bytes.Buffer
	err := pprof.Lookup("heap").WriteTo(&profile, 0)
	if err == nil {
		err = os.WriteFile(b.heap, profile.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("keeping the heap's profile: %w", err)
	}
	return nil
}

// counters sums each metric over its labels; a histogram's sum stands under its name. Counters with
// one label stand under name and value, too.
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
			if len(m.GetLabel()) == 1 {
				all[f.GetName()+" "+m.GetLabel()[0].GetValue()] += m.GetCounter().GetValue()
			}
		}
	}
	return all
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
