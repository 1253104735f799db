package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/load"
	"outcry/bench/path"
)

// clientsReport is what the clients' process says at its end.
type clientsReport struct {
	Counts path.Counts
	CPU    time.Duration // since it began to count
	Error  string
}

// Words between `bench path` and its clients' process.
const (
	clientsReady = "ready"
	clientsCount = "count"
	clientsSum   = "report"
)

// newBenchClients is a process of its own, so that the server's CPU time is the server's.
func newBenchClients() *cobra.Command {
	var c benchClients
	cmd := &cobra.Command{Use: "clients", Hidden: true, Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.InOrStdin(), cmd.OutOrStdout()) }}
	f := cmd.Flags()
	f.StringVar(&c.address, "address", "", "")
	f.IntVar(&c.instruments, "instruments", 0, "")
	f.IntVar(&c.sessions, "sessions", 0, "")
	f.IntVar(&c.subscriptions, "subscriptions", 0, "")
	f.DurationVar(&c.interval, "interval", 0, "")
	f.StringVar(&c.watch, "watch", "", "")
	f.Uint64Var(&c.seed, "seed", 0, "")
	return cmd
}

// benchClients are sessions that follow quotes and count what they get.
type benchClients struct {
	address                              string
	instruments, sessions, subscriptions int
	interval                             time.Duration
	watch                                string
	seed                                 uint64

	watches []*path.Watch
	epoch   atomic.Int64 // rises when counting begins anew
	group   sync.WaitGroup
	errs    chan error
}

func (c *benchClients) run(in io.Reader, out io.Writer) error {
	c.errs = make(chan error, c.sessions)
	if err := c.connect(); err != nil {
		return err
	}
	fmt.Fprintln(out, clientsReady)
	var since time.Duration
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch lines.Text() {
		case clientsCount:
			since = path.CPUTime()
			c.epoch.Add(1)
		case clientsSum:
			r := clientsReport{CPU: path.CPUTime() - since}
			c.end(&r)
			return json.NewEncoder(out).Encode(r)
		}
	}
	return nil // the other process is gone
}

// connect opens a few connections at a time.
func (c *benchClients) connect() error {
	ids := load.New(c.instruments, 0).IDs()
	perSecond := 0.0
	if c.interval > 0 {
		perSecond = float64(time.Second) / float64(c.interval)
	}
	c.watches = make([]*path.Watch, c.sessions)
	errs := make([]error, c.sessions)
	slots := make(chan struct{}, 8)
	var group sync.WaitGroup
	for i := range c.watches {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			var topics []string
			for _, n := range load.Some(len(ids), c.subscriptions, c.watch == "zipf", c.seed+uint64(i)) {
				topics = append(topics, ids[n])
			}
			c.watches[i], errs[i] = path.DialWatch(c.address, topics, perSecond)
			if errs[i] == nil {
				c.group.Go(func() { c.follow(c.watches[i]) })
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// follow reads until the connection is closed.
func (c *benchClients) follow(w *path.Watch) {
	mine := c.epoch.Load()
	for {
		if err := w.Read(); err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.errs <- err
			}
			return
		}
		if now := c.epoch.Load(); now != mine {
			mine, w.Counts = now, path.Counts{}
		}
	}
}

// end closes all and adds up.
func (c *benchClients) end(r *clientsReport) {
	for _, w := range c.watches {
		w.Close()
	}
	c.group.Wait()
	for _, w := range c.watches {
		r.Counts.Merge(&w.Counts)
	}
	select {
	case err := <-c.errs:
		r.Error = err.Error()
	default:
	}
}
