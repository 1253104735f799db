package main

import (
	"fmt"
	"slices"
	"strings"

	"outcry/bench/pair"
	"outcry/bench/stall"
)

func (all *connection) tables(folder string) string {
	var b strings.Builder
	all.pairs(&b)
	all.tunnels(&b)
	all.storm(&b)
	made := all.plots()
	for _, name := range []string{"cpu.svg", "memory.svg"} {
		if made[name] != "" {
			fmt.Fprintf(&b, "![%s](%s/%s)\n\n", strings.TrimSuffix(name, ".svg"), folder, name)
		}
	}
	return b.String()
}

func (all *connection) pairs(b *strings.Builder) {
	b.WriteString("| beside centrifuge: the ratio of | setting | at most | median (range) | reached | delivering alone |\n|---|---|---|---|---|---|\n")
	for _, p := range all.Pairs {
		goal, reached := "-", ""
		if p.Target > 0 {
			goal, reached = fmt.Sprintf("%.2f", p.Target), yes(pair.Median(p.Ratios) <= p.Target)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", p.What, p.Setting, goal, ranged(p.Ratios), reached, ranged(p.Delivering()))
	}
	b.WriteString("\n```\n")
	for _, p := range all.Pairs {
		b.WriteString(p.Text() + "\n")
	}
	b.WriteString("```\n\n")
}

func (all *connection) tunnels(b *strings.Builder) {
	b.WriteString("| in a tunnel | to reach |")
	for _, t := range tunnels {
		fmt.Fprintf(b, " %s |", t.title)
	}
	b.WriteString("\n|---|---|---|---|---|\n")
	row := func(what, goal string, of func(*stall.Tunnel) string) {
		fmt.Fprintf(b, "| %s | %s |", what, goal)
		for _, t := range tunnels {
			text := "not measured"
			if r := all.Tunnels[t.name]; r != nil {
				text = of(r)
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteByte('\n')
	}
	row("never closed, every post once and in order", "all", func(t *stall.Tunnel) string {
		return fmt.Sprintf("%d of %d: %s", t.Whole, t.Clients, yes(t.Whole == t.Clients))
	})
	row("old bytes that came first, KB", fmt.Sprintf("≤ %d", stall.OldBytes>>10), func(t *stall.Tunnel) string {
		return fmt.Sprintf("%.1f: %s", t.OldKB, yes(t.OldKB <= stall.OldBytes>>10))
	})
	row("behind those, superseded for, ms", fmt.Sprintf("≤ %d", stall.OldBefore.Milliseconds()), func(t *stall.Tunnel) string {
		return fmt.Sprintf("%.0f: %s", t.LateMs, yes(t.LateMs <= float64(stall.OldBefore.Milliseconds())))
	})
	row("what was said meanwhile was there after, ms", "", func(t *stall.Tunnel) string { return fmt.Sprintf("%.0f", t.CaughtMs) })
	row("Go memory before, after a quarter, at the end, MB", "", func(t *stall.Tunnel) string {
		return fmt.Sprintf("%.0f, %.0f, %.0f", t.GoMB[0], t.GoMB[1], t.GoMB[2])
	})
	row("framed and not taken at the end, KB", "≤ 256 each", func(t *stall.Tunnel) string { return fmt.Sprintf("%.1f", t.StuckKB) })
}

func (all *connection) storm(b *strings.Builder) {
	if s := all.Storm; s != nil {
		fmt.Fprintf(b, "\n| kill -9 under %d clients | to reach | measured |\n|---|---|---|\n", s.Clients)
		fmt.Fprintf(b, "| back and caught up, without a gap | all | %d and %d: %s |\n", s.Back, s.Caught, yes(s.Back == s.Clients && s.Caught == s.Clients))
		fmt.Fprintf(b, "| busiest 100 ms of greetings, of the mean of the announced %.0f ms | ≤ %d | %.2f: %s |\n", s.SpreadMs, stall.StormMost, s.Share, yes(s.Share <= stall.StormMost))
		fmt.Fprintf(b, "| the new server was open after, ms | | %.0f |\n| last one back, and caught up, after the kill, ms | | %.0f, %.0f |\n", s.OpenMs, s.HelloMs[1], s.CaughtMs[1])
	}
	b.WriteByte('\n')
}

func ranged(values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f (%.3f-%.3f)", pair.Median(values), slices.Min(values), slices.Max(values))
}
