package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/pair"
	"outcry/bench/path"
)

// idleBench is `outcry bench idle`.
type idleBench struct {
	rivalFlags
	settings path.Settings
	settle   time.Duration
	interval time.Duration
	once     bool
	heap     string
}

func newBenchIdle() *cobra.Command {
	b := &idleBench{}
	cmd := &cobra.Command{Use: "idle", Short: "Memory of an idle connection, beside centrifuge", Args: needArgs(0, 0, ""),
		Long: `Measure the memory of a WebSocket connection that watches many instruments of which none
moves, beside an idle connection of centrifuge that watches nothing. Server and clients are
processes of their own; what is counted is what the server holds more with the
connections than before, after a collection: the Go runtime's memory and the system's RSS.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := &b.settings
			if s.Sessions < 1 || s.Instruments < 1 || s.Subscriptions < 1 || s.Subscriptions > s.Instruments || b.runs < 1 {
				return misuse(cmd, "there must be runs, connections and instruments, and no more subscriptions than instruments")
			}
			if b.once {
				side, err := b.ours(cmd.Context())
				if err != nil {
					return err
				}
				return json.NewEncoder(cmd.OutOrStdout()).Encode(side)
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
	f := cmd.Flags()
	f.IntVar(&b.settings.Sessions, "connections", 15_000, "connections")
	f.IntVar(&b.settings.Instruments, "instruments", 10_000, "instruments")
	f.IntVar(&b.settings.Subscriptions, "subscriptions", 200, "instruments that each connection watches")
	f.DurationVar(&b.interval, "interval", 0, "with --once: how often a client wants an instrument at most; 0: at once")
	f.DurationVar(&b.settle, "settle", 5*time.Second, "how long to wait before the memory is looked at")
	f.BoolVar(&b.once, "once", false, "measure Outcry alone, once, and print JSON")
	f.StringVar(&b.heap, "heap-profile", "", "with --once: keep a profile of the live heap in this file")
	return cmd
}

// idleIntervals are how often clients want an instrument at most; 0 is at once, for which each
// instrument has to know who wants it.
var idleIntervals = []time.Duration{100 * time.Millisecond, 0}

func (b *idleBench) run() (all []*pair.Pairs, err error) {
	s := &b.settings
	n := fmt.Sprint(s.Sessions)
	for _, every := range idleIntervals {
		wanted := "at once"
		if every > 0 {
			wanted = fmt.Sprintf("at most every %d ms", every.Milliseconds())
		}
		p := &pair.Pairs{Name: "idle-" + every.String(), Target: 0.7, What: "Go memory of a connection",
			Setting: fmt.Sprintf("%d idle connections: Outcry's watch %d of %d instruments each %s, centrifuge's nothing", s.Sessions, s.Subscriptions, s.Instruments, wanted)}
		ours := func() (side pair.Side, err error) {
			err = itself(&side, "bench", "idle", "--once", "--connections", n, "--instruments", fmt.Sprint(s.Instruments),
				"--subscriptions", fmt.Sprint(s.Subscriptions), "--interval", every.String(), "--settle", b.settle.String())
			return side, err
		}
		if err := b.both(p, func(s *pair.Side) float64 { return s.KBOfGo }, ours, []string{"idle", "--connections", n, "--warm-up", b.settle.String()}); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ours is a server in this process, with its clients in another.
func (b *idleBench) ours(ctx context.Context) (side pair.Side, err error) {
	data, remove, err := benchData("")
	if err != nil {
		return side, err
	}
	defer remove()
	tap := &benchTap{}
	c, err := benchConfig(newConfig(), data, tap)
	if err != nil {
		return side, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err = serve(ctx, c, io.Discard, func(ctx context.Context, a *app, url string) error {
		defer stop()
		side, failed = b.hold(ctx, a, url, tap)
		return failed
	})
	return side, errors.Join(failed, err)
}

func (b *idleBench) hold(ctx context.Context, a *app, url string, tap *benchTap) (side pair.Side, err error) {
	s := &b.settings
	s.Watch, s.IntervalMs = "uniform", float64(b.interval)/1e6
	r := pathRun{bench: &pathBench{settings: *s, heap: b.heap}, app: a, tap: tap, result: &path.Result{}}
	r.loader = newLoader(a.publisher, s.Instruments, 0, 1, func() int64 { return 0 })
	if err := r.prepare(ctx); err != nil {
		return side, err
	}
	before := settled()
	clients, err := startClients(url, s)
	if err != nil {
		return side, err
	}
	if err := r.pause(ctx, nil, b.settle); err != nil {
		return side, errors.Join(err, clients.Kill())
	}
	after := settled()
	each := func(before, after uint64) float64 {
		return (float64(after) - float64(before)) / 1024 / float64(s.Sessions)
	}
	side = pair.Side{Connections: a.pumps.Load().Clients(), KBOfGo: each(before.Go, after.Go), KBOfRSS: each(before.RSS, after.RSS)}
	if side.Connections != s.Sessions {
		err = fmt.Errorf("of %d connections %d are left", s.Sessions, side.Connections)
	}
	err = errors.Join(err, r.bench.keepHeap()) // while the connections are there
	// A killed process' connections end by themselves; it says that it was killed.
	_ = clients.Kill()
	return side, err
}

// settled is the memory after what is not used was given back.
func settled() path.Memory {
	for range 2 { // the second takes what finalizers of the first let go
		debug.FreeOSMemory()
	}
	return path.MemoryNow()
}
