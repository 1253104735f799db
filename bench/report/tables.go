package main

import (
	"fmt"
	"slices"
	"strings"

	"outcry/bench/path"
)

// figure picks one number of a run.
type figure func(*path.Result) float64

// spread shows the median of a scenario's runs, and their range where there are several.
func spread(runs []*path.Result, format string, of figure) string {
	var values []float64
	for _, r := range runs {
		values = append(values, of(r))
	}
	if len(values) == 0 {
		return "-"
	}
	slices.Sort(values)
	text := fmt.Sprintf(format, values[len(values)/2])
	if least, most := fmt.Sprintf(format, values[0]), fmt.Sprintf(format, values[len(values)-1]); least != most {
		text += fmt.Sprintf(" (%s-%s)", least, most)
	}
	return text
}

func perSecond(of func(*path.Flow) uint64) figure {
	return func(r *path.Result) float64 { return float64(of(&r.Flow)) / r.Seconds }
}

// tables are the figures of all scenarios.
func tables(all *results, folder string) string {
	var b strings.Builder
	machine(&b, all)
	targets(&b, all)
	flow(&b, all)
	stages(&b, all)
	memory(&b, all)
	starts(&b, all)
	made := plots(all)
	for _, name := range plotNames {
		if made[name] == "" {
			continue
		}
		fmt.Fprintf(&b, "![%s](%s/%s)\n\n", strings.TrimSuffix(name, ".svg"), folder, name)
	}
	return b.String()
}

func machine(b *strings.Builder, all *results) {
	for _, s := range scenarios {
		if runs := all.Runs[s.name]; len(runs) > 0 {
			m := runs[0].Machine
			fmt.Fprintf(b, "Machine: %s, %d cores, %s, %s. Begun %s.\n", m.CPU, m.Cores, m.OS, m.Go, runs[0].When.Format("2006-01-02 15:04 UTC"))
			break
		}
	}
	b.WriteString("Load averages before each run (each run itself makes 1 to 2): ")
	var loads []string
	for _, s := range scenarios {
		for _, r := range all.Runs[s.name] {
			loads = append(loads, s.name+" "+r.Machine.LoadBefore)
		}
	}
	fmt.Fprintf(b, "%s.\n\n", strings.Join(loads, ", "))
}

func flow(b *strings.Builder, all *results) {
	b.WriteString("| run | offered/s | folded/s | delivered/s | backlog: most | p50 ms | p99 ms | p99.9 ms | cores | µs an event | of the base | rows/s | events a record | B an event |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range scenarios {
		runs := all.Runs[s.name]
		if len(runs) == 0 {
			continue
		}
		cells := []string{s.title}
		for _, c := range []struct {
			format string
			of     figure
		}{
			{"%.0f", perSecond(func(f *path.Flow) uint64 { return f.Offered })},
			{"%.0f", perSecond(func(f *path.Flow) uint64 { return f.Folded })},
			{"%.0f", perSecond(func(f *path.Flow) uint64 { return f.Delivered })},
			{"%.0f", func(r *path.Result) float64 { return r.Backlog.Most }},
			{"%.2f", func(r *path.Result) float64 { return r.Latency.P50 }},
			{"%.2f", func(r *path.Result) float64 { return r.Latency.P99 }},
			{"%.2f", func(r *path.Result) float64 { return r.Latency.P999 }},
			{"%.2f", func(r *path.Result) float64 { return r.CPU.Cores }},
			{"%.2f", func(r *path.Result) float64 { return r.CPU.NsPerEvent / 1e3 }},
			{"%.2f", func(r *path.Result) float64 { return r.Ratio }},
			{"%.0f", perSecond(func(f *path.Flow) uint64 { return f.Rows })},
			{"%.0f", func(r *path.Result) float64 { return float64(r.Flow.Durable) / float64(max(r.Flow.LogRecords, 1)) }},
			{"%.1f", func(r *path.Result) float64 { return float64(r.Flow.LogBytes) / float64(max(r.Flow.Durable, 1)) }},
		} {
			cells = append(cells, spread(runs, c.format, c.of))
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	b.WriteString("\nIn all of them every event that was sent was accepted: none was a duplicate, late or refused.\n\n")
}

func stages(b *strings.Builder, all *results) {
	b.WriteString("CPU by stage, ns an event (median of the runs; by a CPU profile, a sample belongs to the innermost stage on its stack):\n\n| run | " +
		strings.Join(path.Stages, " | ") + " |\n|---" + strings.Repeat("|---", len(path.Stages)) + "|\n")
	for _, s := range scenarios {
		runs := all.Runs[s.name]
		if len(runs) == 0 {
			continue
		}
		fmt.Fprintf(b, "| %s |", s.title)
		for i := range path.Stages {
			fmt.Fprintf(b, " %.0f |", medianOf(runs, stage(i)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func stage(i int) figure {
	return func(r *path.Result) float64 {
		if i >= len(r.CPU.Stages) {
			return 0
		}
		return r.CPU.Stages[i].NsPerEvent
	}
}

func medianOf(runs []*path.Result, of figure) float64 {
	var values []float64
	for _, r := range runs {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func memory(b *strings.Builder, all *results) {
	b.WriteString("| memory | RSS start | RSS end | RSS most | live heap start | end | RSS rise | heap rise | of the second half |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range scenarios {
		for _, r := range all.Runs[s.name] {
			m := r.Memory
			fmt.Fprintf(b, "| %s | %.0f MB | %.0f MB | %.0f MB | %.0f MB | %.0f MB | %+.2f %% | %+.2f %% | %+.2f %%, %+.2f %% |\n", s.title,
				float64(m.Start.RSS)/1e6, float64(m.End.RSS)/1e6, float64(m.Most.RSS)/1e6, float64(m.Start.Heap)/1e6, float64(m.End.Heap)/1e6,
				m.RSSPercent, m.HeapPercent, m.RSSHalfPercent, m.HeapHalfPercent)
			break // the others say the same
		}
	}
	b.WriteString("\n")
}

func starts(b *strings.Builder, all *results) {
	if all.Starts == nil {
		return
	}
	b.WriteString("| start | events in the log | log | rows | seconds: median (all) |\n|---|---|---|---|---|\n")
	for _, m := range all.Starts.Measured {
		fmt.Fprintf(b, "| %d events after the checkpoint | %d | %.0f MB | %.0f MB | %.2f (%.2f) |\n", all.Starts.Tail, m.Events, float64(m.LogBytes)/1e6, float64(m.RowBytes)/1e6, m.Median, m.Seconds)
	}
	b.WriteString("\n")
}
