package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/path"
)

// pathBench is `outcry bench path`.
type pathBench struct {
	settings   path.Settings
	config     *config
	interval   time.Duration
	duration   time.Duration
	warmUp     time.Duration
	rows       string
	data       string
	asJSON     bool
	profile    string
	heap       string
	baseEvents int
	otherFiles []string
	others     others
}

func newBenchPath() *cobra.Command {
	b := &pathBench{config: newConfig()}
	cmd := &cobra.Command{
		Use: "path", Short: "Drive the whole way of an event and measure it", Args: needArgs(0, 0, ""),
		Long: `Drive the whole way of an event in one process: generator, publisher, log with
fsync (or Kafka), fold, rows in SQLite (or ScyllaDB), relay, sessions and pumps, and real WebSocket clients
in a second process. Instruments are as busy as Zipf (s = 1) has it, 90 % of the events
are quotes, 10 % trades.

With --rate the loop is open: an event bears the time at which it was due, however late
it is sent, and latencies count from there. --rate 0 sends as fast as the floor folds.
CPU time is the server process' by the system's count, shared out by a CPU profile: a
sample belongs to the innermost stage on its stack. In the same run the base is measured:
decoding and folding the same events from memory.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(b.config.load(cmd), b.check()); err != nil {
				return misuse(cmd, "%w", err)
			}
			r, err := b.run(cmd.Context())
			if r != nil {
				err = errors.Join(b.print(cmd.OutOrStdout(), r), err)
			}
			return err
		},
	}
	b.flags(cmd)
	return cmd
}

func (b *pathBench) flags(cmd *cobra.Command) {
	f, s := cmd.Flags(), &b.settings
	b.config.explicit = true
	b.config.flags(cmd, "accept_weak", "log.kafka", "store")
	f.Float64Var(&s.Rate, "rate", 200_000, "events a second; 0: as fast as it goes")
	f.DurationVar(&b.duration, "duration", 10*time.Second, "how long to measure")
	f.DurationVar(&b.warmUp, "warm-up", 3*time.Second, "how long to run before")
	f.IntVar(&s.Instruments, "instruments", 10_000, "instruments")
	f.IntVar(&s.Sessions, "sessions", 10, "WebSocket clients")
	f.IntVar(&s.Subscriptions, "subscriptions", 200, "instruments that each client watches")
	f.DurationVar(&b.interval, "interval", 0, "how often a client wants an instrument at most; 0: at once")
	f.StringVar(&s.Watch, "watch", "uniform", "which instruments clients watch: uniform, or zipf: rather the busy ones")
	f.StringVar(&s.Events, "events", "zipf", "which instruments events are of: zipf: rather few; even: each as likely")
	f.StringVar(&b.rows, "rows", "on", "on or off: write rows")
	f.IntVar(&s.Partitions, "partitions", 16, "partitions of each kind")
	f.Uint64Var(&s.Seed, "seed", 1, "seed of the events and watch lists")
	f.BoolVar(&s.History, "history", false, "before, trade two hours of bars of each instrument, so that memory is at its bound")
	f.StringVar(&b.data, "data", "", "folder to measure in, which must be new; default: a temporary one, removed at the end")
	f.StringSliceVar(&b.otherFiles, "others", nil, "processes whose CPU time is reported, too: NAME=FILE, a file that holds a process' id")
	f.IntVar(&b.baseEvents, "base-events", 1_000_000, "events of a round of the base; 0: no base")
	f.BoolVar(&b.asJSON, "json", false, "print JSON")
	f.StringVar(&b.profile, "profile", "", "keep the CPU profile in this file")
	f.StringVar(&b.heap, "heap-profile", "", "keep a profile of the live heap at the end in this file")
}

// check gives all faults at once and completes the settings.
func (b *pathBench) check() error {
	s := &b.settings
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(s.Rate < 0 || b.duration <= 0 || b.warmUp < 0 || b.interval < 0 || b.baseEvents < 0, "rates and times must not be negative")
	fault(s.Instruments < 1 || s.Partitions < 1 || s.Sessions < 0 || s.Subscriptions < 1 || s.Subscriptions > s.Instruments,
		"there must be instruments and partitions, and no more subscriptions than instruments")
	fault(b.rows != "on" && b.rows != "off", "--rows %q: there are on and off", b.rows)
	fault(s.Events != "zipf" && s.Events != "even", "--events %q: there are zipf and even", s.Events)
	fault(s.Watch != "uniform" && s.Watch != "zipf", "--watch %q: there are uniform and zipf", s.Watch)
	var err error
	b.others, err = parseOthers(b.otherFiles)
	faults = append(faults, err)
	s.Log, s.Store = strings.Join(b.config.kafka.brokers, ","), strings.Join(b.config.scylla.hosts, ",")
	s.Rows, s.SecondBars, s.IntervalMs = b.rows == "on", b.config.secondBars, float64(b.interval)/1e6
	s.Seconds, s.WarmUp = b.duration.Seconds(), b.warmUp.Seconds()
	return errors.Join(faults...)
}

// run starts a server as serve does, and measures it. With a store that is behind, a result comes with
// the error that the server could not stop well.
func (b *pathBench) run(ctx context.Context) (r *path.Result, err error) {
	data, remove, err := benchData(b.data)
	if err != nil {
		return nil, err
	}
	defer remove()
	r = &path.Result{When: time.Now().UTC().Truncate(time.Second), Version: version, Command: strings.Join(os.Args[1:], " "), Settings: b.settings, Machine: thisMachine()}
	tap := &benchTap{withoutRows: !b.settings.Rows}
	c, err := benchConfig(b.config, data, tap)
	if err != nil {
		return nil, err
	}
	c.partitions = b.settings.Partitions
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err = serve(ctx, c, io.Discard, func(ctx context.Context, a *app, url string) error {
		defer stop()
		run := pathRun{bench: b, app: a, tap: tap, result: r}
		failed = run.measure(ctx, url)
		return failed
	})
	if failed != nil || r.Seconds == 0 {
		return nil, errors.Join(failed, err)
	}
	if err != nil {
		return r, err
	}
	if b.baseEvents > 0 {
		rate := r.Settings.Rate
		if rate == 0 {
			rate = float64(r.Flow.Folded) / r.Seconds
		}
		if r.Base, err = path.MeasureBase(b.settings.Instruments, b.baseEvents, rate, b.settings.Seed); err != nil {
			return nil, err
		}
		r.Ratio = r.CPU.NsPerEvent / r.Base.NsPerEvent
	}
	r.Machine.LoadAfter = loadAverage()
	return r, nil
}

func (b *pathBench) print(out io.Writer, r *path.Result) error {
	if b.asJSON {
		text, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			return fmt.Errorf("encoding the result: %w", err)
		}
		_, err = fmt.Fprintf(out, "%s\n", text)
		return err
	}
	_, err := io.WriteString(out, r.Text())
	return err
}
