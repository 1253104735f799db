package main

import (
	"fmt"
	"slices"

	"outcry/bench/path"
)

var plotNames = []string{"stages.svg", "backlog.svg", "latency.svg", "memory.svg"}

// plots gives every plot that there are results for.
func plots(all *results) map[string]string {
	made := map[string]string{}
	for i, draw := range []func(*results) string{stagesPlot, backlogPlot, latencyPlot, memoryPlot} {
		if svg := draw(all); svg != "" {
			made[plotNames[i]] = svg
		}
	}
	return made
}

// stagesPlot stacks the CPU time of an event, beside the base of the same runs.
func stagesPlot(all *results) string {
	var names []string
	most := 0.0
	for _, name := range []string{"bare", "all", "million", "400k", "200k"} {
		if runs := all.Runs[name]; len(runs) > 0 {
			names = append(names, name)
			most = max(most, medianOf(runs, func(r *path.Result) float64 { return r.CPU.NsPerEvent }))
		}
	}
	if len(names) == 0 {
		return ""
	}
	c := newCanvas("CPU time of an event by stage; narrow: the fold from memory", "", "ns", float64(len(names)), most)
	for n, name := range names {
		runs, x, from := all.Runs[name], float64(n)+0.5, 0.0
		for i := range path.Stages {
			to := from + medianOf(runs, stage(i))
			c.bar(i, x-0.1, 0.5, from, to)
			from = to
		}
		c.bar(len(path.Stages)-1, x+0.28, 0.14, 0, medianOf(runs, func(r *path.Result) float64 { return r.Base.NsPerEvent }))
		c.xTick(x, name)
	}
	for i, name := range path.Stages {
		c.key(i, name)
	}
	return c.done()
}

// backlogPlot shows that what is offered does not pile up.
func backlogPlot(all *results) string {
	runs := all.Runs["million"]
	if len(runs) == 0 {
		return ""
	}
	seconds, most := 0.0, 0.0
	for _, r := range runs {
		seconds, most = max(seconds, r.Seconds), max(most, r.Backlog.Most)
	}
	c := newCanvas("1,000,000 events/s: due and not folded yet", "seconds", "events", seconds, most)
	timeTicks(c, seconds, 1, "")
	for i, r := range runs {
		var xs, ys []float64
		for _, s := range r.Samples {
			xs, ys = append(xs, s.Seconds), append(ys, max(0, s.Offered-s.Folded))
		}
		c.line(i, fmt.Sprintf("run %d", i+1), xs, ys)
	}
	return c.done()
}

func timeTicks(c *canvas, seconds, unit float64, suffix string) {
	for i := range 6 {
		v := seconds * float64(i) / 5
		c.xTick(v, fmt.Sprintf("%.0f%s", v/unit, suffix))
	}
}

// latencyPlot shows quantiles against the rate.
func latencyPlot(all *results) string {
	var rates []float64
	byRate := map[float64][]*path.Result{}
	for _, name := range []string{"50k", "200k", "400k", "million"} {
		if runs := all.Runs[name]; len(runs) > 0 {
			rates = append(rates, runs[0].Settings.Rate)
			byRate[runs[0].Settings.Rate] = runs
		}
	}
	if len(rates) == 0 {
		return ""
	}
	quantiles := []struct {
		name string
		of   figure
	}{
		{"p50", func(r *path.Result) float64 { return r.Latency.P50 }},
		{"p99", func(r *path.Result) float64 { return r.Latency.P99 }},
		{"p99.9", func(r *path.Result) float64 { return r.Latency.P999 }},
	}
	most := 0.0
	for _, runs := range byRate {
		most = max(most, medianOf(runs, quantiles[2].of))
	}
	c := newCanvas("From an event's intended time to the client, median of the runs", "events/s", "ms", slices.Max(rates), most)
	for _, rate := range rates {
		c.xTick(rate, short(rate))
	}
	for i, q := range quantiles {
		var ys []float64
		for _, rate := range rates {
			ys = append(ys, medianOf(byRate[rate], q.of))
		}
		c.line(i, q.name, rates, ys)
	}
	return c.done()
}

// memoryPlot shows ten minutes at 20,000 events/s.
func memoryPlot(all *results) string {
	seconds, most := 0.0, 0.0
	for _, name := range []string{"memory", "full"} {
		for _, r := range all.Runs[name] {
			seconds, most = max(seconds, r.Seconds), max(most, float64(r.Memory.Most.RSS)/1e6)
		}
	}
	if seconds == 0 {
		return ""
	}
	c := newCanvas("Memory at 20,000 events/s, 10,000 instruments", "minutes", "MB", seconds, most)
	timeTicks(c, seconds, 60, "")
	number := 0
	for _, name := range []string{"memory", "full"} {
		for _, r := range all.Runs[name] {
			var xs, resident, heap []float64
			for _, s := range r.Samples {
				xs = append(xs, s.Seconds)
				resident, heap = append(resident, float64(s.Memory.RSS)/1e6), append(heap, float64(s.Memory.Heap)/1e6)
			}
			label := map[string]string{"memory": "", "full": ", full bars"}[name]
			c.line(number, "RSS"+label, xs, resident)
			c.line(number+1, "live heap"+label, xs, heap)
			number += 2
		}
	}
	return c.done()
}
