package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"outcry/bench/path"
)

// target is one line of what had to be reached.
type target struct {
	what, goal string
	limit      float64
	names      []string
	format     string
	of         figure
}

func backlogSlope(r *path.Result) float64 {
	return 100 * r.Backlog.PerSecond / max(r.Settings.Rate, 1)
}

var wanted = []target{
	{"1,000,000 events/s for 60 s, rows written: folded a second", "≥ 999,000", -999_000, []string{"million"}, "%.0f", perSecond(func(f *path.Flow) uint64 { return f.Folded })},
	{"the same: slope of the backlog, % of the rate", "≤ 0.1", 0.1, []string{"million"}, "%+.3f", backlogSlope},
	{"base: decode + fold + blocks, µs CPU an event", "≤ 0.3", 0.3, []string{"bare", "all"}, "%.3f", func(r *path.Result) float64 { return r.Base.NsPerEvent / 1e3 }},
	{"CPU an event without rows, of the base", "≤ 3.5", 3.5, []string{"bare"}, "%.2f", func(r *path.Result) float64 { return r.Ratio }},
	{"CPU an event with rows and 1,000 × 200 at 100 ms, of the base", "≤ 5.5", 5.5, []string{"all"}, "%.2f", func(r *path.Result) float64 { return r.Ratio }},
	{"publish → client p99 at 200,000/s, ms", "≤ 8", 8, []string{"200k"}, "%.2f", func(r *path.Result) float64 { return r.Latency.P99 }},
	{"10,000 instruments at 20,000/s: RSS at most, MB", "< 600", 600, []string{"memory"}, "%.0f", func(r *path.Result) float64 { return float64(r.Memory.Most.RSS) / 1e6 }},
	{"the same: rise of RSS over 10 minutes, %", "< 1", 1, []string{"memory"}, "%+.2f", func(r *path.Result) float64 { return r.Memory.RSSPercent }},
	{"bars full: RSS at most, MB", "< 600", 600, []string{"full"}, "%.0f", func(r *path.Result) float64 { return float64(r.Memory.Most.RSS) / 1e6 }},
	{"bars full: rise of RSS over 10 minutes, %", "< 1", 1, []string{"full"}, "%+.2f", func(r *path.Result) float64 { return r.Memory.RSSPercent }},
}

func targets(b *strings.Builder, all *results) {
	b.WriteString("| target | to reach | measured: median (range) | reached |\n|---|---|---|---|\n")
	for _, t := range wanted {
		var runs []*path.Result
		for _, name := range t.names {
			runs = append(runs, all.Runs[name]...)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", t.what, t.goal, spread(runs, t.format, t.of), t.reached(runs))
	}
	if s := all.Starts; s != nil && len(s.Measured) > 0 {
		first, last := s.Measured[0], s.Measured[len(s.Measured)-1]
		fmt.Fprintf(b, "| start with %d M events in the log, s | ≤ 2 | %.2f (%.2f-%.2f) | %s |\n", last.Events/1e6, last.Median,
			slices.Min(last.Seconds), slices.Max(last.Seconds), yes(last.Median <= 2))
		fmt.Fprintf(b, "| that, of the start with %d M | about 1 | %.2f | |\n", first.Events/1e6, last.Median/first.Median)
	}
	b.WriteString("\n")
}

// reached compares the median; a negative limit is one from below.
func (t *target) reached(runs []*path.Result) string {
	var values []float64
	for _, r := range runs {
		values = append(values, t.of(r))
	}
	if len(values) == 0 {
		return "not measured"
	}
	slices.Sort(values)
	median := values[len(values)/2]
	if t.limit < 0 {
		return yes(median >= math.Abs(t.limit))
	}
	return yes(median <= t.limit)
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}
