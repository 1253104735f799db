package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/load"
	"outcry/bench/stall"
	outcryv1 "outcry/proto/outcry/v1"
)

// stormReady is the clients' first word. They are answered with the seq of the post that
// all must have, and how long they may take.
const stormReady = "ready"

// stormDialing is how many clients connect at a time at the beginning.
const stormDialing = 32

// stormReport is what the clients' process says.
type stormReport struct {
	SpreadMs float64
	Returns  []stall.Return
}

// newBenchStormClients is a process of clients that come back as "outcry tail" does.
func newBenchStormClients() *cobra.Command {
	c := &stormClients{}
	cmd := &cobra.Command{Use: "storm-clients", Hidden: true, Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		}}
	f := cmd.Flags()
	f.StringVar(&c.address, "address", "", "")
	f.IntVar(&c.clients, "clients", 1, "")
	f.IntVar(&c.instruments, "instruments", 1, "")
	f.IntVar(&c.subscriptions, "subscriptions", 0, "")
	return cmd
}

type stormClients struct {
	address                             string
	clients, instruments, subscriptions int

	all    []*stormClient
	slots  chan struct{}
	met    sync.WaitGroup // of the first time
	over   sync.WaitGroup
	spread atomic.Int64 // ns, that the server announced
}

// stormClient is one of them.
type stormClient struct {
	of *stormClients
	mu struct {
		sync.Mutex
		greeted int
		seq     uint64 // of the newest item
		back    stall.Return
	}
}

func (c *stormClients) run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c.slots = make(chan struct{}, stormDialing)
	ids := load.New(c.instruments, 0).IDs()
	for i := range c.clients {
		one := &stormClient{of: c}
		c.all = append(c.all, one)
		s := one.stream(ids, uint64(i))
		c.met.Add(1)
		c.slots <- struct{}{} // free again when it is greeted, or failed
		c.over.Go(func() { one.ended(s.run(ctx)) })
	}
	c.met.Wait()
	fmt.Fprintln(out, stormReady)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return nil // the other process is gone
	}
	var seq uint64
	var within string
	if _, err := fmt.Sscan(line, &seq, &within); err != nil {
		return fmt.Errorf("reading %q: %w", line, err)
	}
	most, err := time.ParseDuration(within)
	if err != nil {
		return err
	}
	c.wait(seq, time.Now().Add(most))
	stop()
	c.over.Wait()
	return json.NewEncoder(out).Encode(c.report(seq))
}

func (c *stormClient) stream(ids []string, seed uint64) *stream {
	s := &stream{url: func() string { return "http://" + c.of.address }, notice: func(string, ...any) {}, met: c.greeted,
		item: c.item, update: func(*streamTopic, *outcryv1.Update) error { return nil }}
	s.topics = append(s.topics, &streamTopic{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: tunnelRoom}, recent: 1}) // the join: with a cursor it may be cut off
	for _, n := range load.Some(len(ids), c.of.subscriptions, false, seed) {
		s.topics = append(s.topics, &streamTopic{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: ids[n]}, perSecond: 1})
	}
	return s
}

func (c *stormClient) greeted(h *outcryv1.ServerHello) {
	now := time.Now().UnixNano()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.greeted++
	c.of.spread.Store(int64(time.Duration(h.GetReconnectWithinMs()) * time.Millisecond))
	if c.mu.greeted == 2 {
		c.mu.back.Hello = now
	}
}

// first is when one client follows the room for the first time, or never will.
func (c *stormClients) first() {
	<-c.slots
	c.met.Done()
}

func (c *stormClient) item(_ *streamTopic, i *outcryv1.Item) error {
	now := time.Now().UnixNano()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.seq == 0 {
		c.of.first()
	}
	c.mu.seq = i.GetSeq()
	if c.mu.greeted > 1 {
		c.mu.back.Caught = now
	}
	return nil
}

func (c *stormClient) ended(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	c.mu.back.Fault = err.Error()
	if c.mu.seq == 0 {
		c.of.first()
	}
}

// wait until everybody has the post.
func (c *stormClients) wait(seq uint64, by time.Time) {
	for _, one := range c.all {
		for !one.has(seq) && time.Now().Before(by) {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (c *stormClient) has(seq uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.seq >= seq || c.mu.back.Fault != ""
}

func (c *stormClients) report(seq uint64) stormReport {
	r := stormReport{SpreadMs: float64(c.spread.Load()) / 1e6}
	for _, one := range c.all {
		back := one.mu.back
		if one.mu.seq < seq {
			back.Caught = 0
		}
		r.Returns = append(r.Returns, back)
	}
	return r
}
