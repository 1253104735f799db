package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/pair"
	"outcry/bench/path"
)

// fanoutSetting is one load on both servers.
type fanoutSetting struct {
	name, title string
	target      float64 // of the median of ratios; 0: none was set
	args        []string
	theirs      []string // where they are loaded otherwise
}

// few is 50,000 deliveries a second of which none can be conflated: each
// instrument changes once in four seconds and is watched by twenty.
var few = []string{"--rate", "2500", "--events", "even", "--sessions", "1000", "--subscriptions", "200"}

// flood is far more than anybody can be sent: 200,000 events a second, most of
// them of few instruments, which most watch.
var flood = []string{"--rate", "200000", "--events", "zipf", "--watch", "zipf", "--sessions", "1000", "--subscriptions", "200", "--interval", "100ms"}

var fanoutSettings = []fanoutSetting{
	{"at-once", "50,000 deliveries/s to 1,000 × 200, at once", 0.85, few, few},
	{"interval", "the same at most every 100 ms", 0.55, slices.Concat(few, []string{"--interval", "100ms"}), slices.Concat(few, []string{"--interval", "100ms"})},
	{"flood", "Outcry: 200,000 events/s to 1,000 × 200 busy ones, latest-wins each 100 ms; centrifuge, which has no such class: the setting before", 0.05,
		flood, slices.Concat(few, []string{"--interval", "100ms"})},
	{"both-flooded", "both under those 200,000 events/s: centrifuge as many as it can", 0, flood, flood},
}

// fanoutBench is `outcry bench fanout`.
type fanoutBench struct {
	rivalFlags
	duration time.Duration
	only     []string
}

func newBenchFanout() *cobra.Command {
	b := &fanoutBench{}
	cmd := &cobra.Command{Use: "fanout", Short: "CPU time of a delivered update, beside centrifuge", Args: needArgs(0, 0, ""),
		Long: `Measure the CPU time of an update that is delivered over WebSocket, beside centrifuge
with Protobuf: the same load, the same clients, one after the other, so often, on this
machine. Each server is one process with its publisher; the clients are another.

Outcry's side is "outcry bench path": its CPU time has the log with fsync, the fold and
the rows in it, which centrifuge does not do. A CPU profile tells the share of delivering.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := b.check(); err != nil {
				return misuse(cmd, "%w", err)
			}
			if err := b.find(); err != nil {
				return err
			}
			all, err := b.run()
			if err != nil {
				return err
			}
			return b.print(cmd, all)
		}}
	b.flags(cmd)
	cmd.Flags().DurationVar(&b.duration, "duration", 8*time.Second, "how long to measure each time")
	cmd.Flags().StringSliceVar(&b.only, "only", nil, "of at-once, interval, flood, both-flooded; default: all")
	return cmd
}

func (b *fanoutBench) check() error {
	for _, name := range b.only {
		if !slices.ContainsFunc(fanoutSettings, func(s fanoutSetting) bool { return s.name == name }) {
			return fmt.Errorf("--only %q: there are at-once, interval, flood and both-flooded", name)
		}
	}
	if b.runs < 1 || b.duration <= 0 {
		return fmt.Errorf("there must be runs, and time for them")
	}
	return nil
}

func (b *fanoutBench) run() (all []*pair.Pairs, err error) {
	for _, s := range fanoutSettings {
		if len(b.only) > 0 && !slices.Contains(b.only, s.name) {
			continue
		}
		common := []string{"--duration", b.duration.String(), "--warm-up", "2s"}
		p := &pair.Pairs{Name: s.name, Setting: s.title, Target: s.target, What: "CPU time of a delivered update"}
		ours := func() (pair.Side, error) {
			r := &path.Result{}
			err := itself(r, slices.Concat([]string{"bench", "path", "--json", "--base-events", "0"}, s.args, common)...)
			return sideOf(r), err
		}
		if err := b.both(p, (*pair.Side).Micros, ours, slices.Concat([]string{"fanout"}, s.theirs, common)); err != nil {
			return nil, fmt.Errorf("measuring %s: %w", strings.ToLower(s.name), err)
		}
		all = append(all, p)
	}
	return all, nil
}

// sideOf a run of bench path.
func sideOf(r *path.Result) pair.Side {
	side := pair.Side{Seconds: r.Seconds, Cores: r.CPU.Cores, Published: r.Flow.Folded, Delivered: r.Flow.Delivered,
		Messages: r.Flow.Messages, Bytes: r.Flow.Bytes, P50Ms: r.Latency.P50, P99Ms: r.Latency.P99}
	for _, s := range r.CPU.Stages {
		if s.Name == "edge" {
			side.EdgeShare = s.Share
		}
	}
	return side
}
