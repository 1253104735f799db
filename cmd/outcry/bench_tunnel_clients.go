package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"outcry/bench/load"
	"outcry/bench/path"
	"outcry/bench/socket"
	"outcry/bench/stall"
	outcryv1 "outcry/proto/outcry/v1"
)

// tunnelRoom is where the posts go.
const tunnelRoom = "bench"

// tunnelLooked is for how long after it went on the first client's updates are kept.
const tunnelLooked = 5 * time.Second

// Words between `bench tunnel` and its clients' process; end is followed by the last post's seq.
const (
	tunnelReady = "ready"
	tunnelStill = "still"
	tunnelOn    = "on"
	tunnelEnd   = "end "
)

// newBenchTunnelClients is a process of clients that can be told not to read.
func newBenchTunnelClients() *cobra.Command {
	c := &tunnelClients{}
	cmd := &cobra.Command{Use: "tunnel-clients", Hidden: true, Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.InOrStdin(), cmd.OutOrStdout()) }}
	f := cmd.Flags()
	f.StringVar(&c.address, "address", "", "")
	f.IntVar(&c.clients, "clients", 1, "")
	f.IntVar(&c.instruments, "instruments", 200, "")
	f.Float64Var(&c.perSecond, "per-second", 0, "")
	f.IntVar(&c.kernel, "kernel", 0, "")
	return cmd
}

// tunnelClients watch all instruments and a room, each over one connection.
type tunnelClients struct {
	address              string
	clients, instruments int
	perSecond            float64
	kernel               int

	number map[string]int // of the instruments
	all    []*tunnelClient
	gate   sync.RWMutex // held while they stand still
	wentOn atomic.Int64 // ns; 0: they have not stood still
}

// tunnelClient is one of them. Its fields belong to its reader until it has ended.
type tunnelClient struct {
	of    *tunnelClients
	conn  *socket.Conn
	first bool
	said  stall.Client
	on    bool
	bytes int64         // since it went on
	seq   atomic.Uint64 // of the newest post it has
	ended chan struct{}
}

func (c *tunnelClients) run(in io.Reader, out io.Writer) error {
	c.number = map[string]int{}
	subs := []*outcryv1.Subscription{{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: tunnelRoom}, AfterSeq: new(uint64)}}
	for i, id := range load.New(c.instruments, 0).IDs() {
		c.number[id] = i
		subs = append(subs, &outcryv1.Subscription{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}, MaxPerSecond: c.perSecond})
	}
	for i := range c.clients {
		one := &tunnelClient{of: c, first: i == 0, ended: make(chan struct{})}
		conn, err := path.Dial(socket.Options{Address: c.address, Kernel: c.kernel}, "", subs, one.take)
		if err != nil {
			return err
		}
		one.conn = conn
		c.all = append(c.all, one)
		go one.follow()
	}
	fmt.Fprintln(out, tunnelReady)
	return c.obey(bufio.NewScanner(in), out)
}

func (c *tunnelClients) obey(lines *bufio.Scanner, out io.Writer) error {
	for lines.Scan() {
		switch word := lines.Text(); {
		case word == tunnelStill:
			c.gate.Lock()
		case word == tunnelOn:
			c.wentOn.Store(time.Now().UnixNano())
			c.gate.Unlock()
		case strings.HasPrefix(word, tunnelEnd):
			last, err := strconv.ParseUint(strings.TrimPrefix(word, tunnelEnd), 10, 64)
			if err != nil {
				return err
			}
			return json.NewEncoder(out).Encode(c.end(last))
		}
	}
	return nil // the other process is gone
}

// end waits until every client has the last post, or is closed.
func (c *tunnelClients) end(last uint64) (all []stall.Client) {
	late := time.After(2 * time.Minute)
	for _, one := range c.all {
		for one.seq.Load() < last {
			select {
			case <-one.ended:
			case <-late:
				one.conn.Close()
				<-one.ended
			case <-time.After(time.Millisecond):
				continue
			}
			break
		}
	}
	for _, one := range c.all {
		one.conn.Close()
		<-one.ended
		all = append(all, one.said)
	}
	return all
}

func (c *tunnelClient) follow() {
	defer close(c.ended)
	for {
		c.of.gate.RLock() // stands still here
		if !c.on && c.of.wentOn.Load() > 0 {
			c.on, c.bytes = true, 0
		}
		message, err := c.conn.Message()
		c.of.gate.RUnlock()
		if err == nil {
			c.bytes += int64(len(message))
			var all outcryv1.ServerFrames
			if err = proto.Unmarshal(message, &all); err == nil {
				c.take(&all)
			}
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			c.fault("the connection ended: %v", err)
			return
		}
	}
}

func (c *tunnelClient) fault(format string, args ...any) {
	if c.said.Fault == "" {
		c.said.Fault = fmt.Sprintf(format, args...)
	}
}

func (c *tunnelClient) take(all *outcryv1.ServerFrames) {
	now, on := time.Now().UnixNano(), c.of.wentOn.Load()
	for _, f := range all.GetFrames() {
		switch f := f.GetFrame().(type) {
		case *outcryv1.ServerFrame_Items:
			c.items(f.Items, now, on)
		case *outcryv1.ServerFrame_Update:
			if c.first && on > 0 && now-on < int64(tunnelLooked) {
				q := f.Update.GetQuote()
				c.said.Updates = append(c.said.Updates, stall.Update{Read: now, Bytes: c.bytes, Instrument: c.of.number[f.Update.GetInstrument()],
					Event: max(q.GetQuote().GetEventTimeNs(), q.GetTrade().GetEventTimeNs())})
			}
		case *outcryv1.ServerFrame_HistoryLost:
			c.fault("history from %d to %d is lost", f.HistoryLost.GetFromSeq(), f.HistoryLost.GetToSeq())
		case *outcryv1.ServerFrame_Error:
			c.fault("the server said: %s", f.Error.GetText())
		}
	}
}

// items of the room come once, in order, without a hole.
func (c *tunnelClient) items(items *outcryv1.Items, now, on int64) {
	for _, i := range items.GetItems() {
		before := c.seq.Load()
		if i.GetSeq() != before+1 || i.GetPrevSeq() != before {
			c.fault("after %d came %d, before which it says %d", before, i.GetSeq(), i.GetPrevSeq())
		}
		c.seq.Store(i.GetSeq())
		if i.GetMessage().GetKind() == outcryv1.MessageKind_MESSAGE_KIND_POST {
			c.said.Posts++
		}
		if c.said.CaughtMs == 0 && on > 0 && i.GetMessage().GetEventTimeNs() >= on { // what was said before is there
			c.said.CaughtMs = float64(now-on) / 1e6
		}
	}
}
