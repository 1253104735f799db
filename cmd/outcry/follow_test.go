package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// follower is a client that stays: what it saw of each topic, over all connections.
type follower struct {
	t      *testing.T
	topics []*streamTopic
	stop   func()
	ended  chan struct{}
	state  struct {
		sync.Mutex
		items   map[*streamTopic][]*outcryv1.Item
		losses  int
		changed chan struct{} // closed at the next item
	}
}

// topic is followed from its beginning.
func topic(c outcryv1.Channel, id string, r outcryv1.Resolution) *streamTopic {
	t := &streamTopic{Topic: &outcryv1.Topic{Channel: c, Id: id, Resolution: r}}
	t.complete(0)
	return t
}

func follow(t *testing.T, url string, topics ...*streamTopic) *follower {
	ctx, stop := context.WithCancel(context.Background())
	f := &follower{t: t, topics: topics, ended: make(chan struct{})}
	f.stop = func() { stop(); <-f.ended }
	f.state.items, f.state.changed = map[*streamTopic][]*outcryv1.Item{}, make(chan struct{})
	s := &stream{url: func() string { return url }, topics: topics, item: f.item, notice: f.notice}
	go func() {
		defer close(f.ended)
		if err := s.run(ctx); err != nil {
			t.Errorf("a client's stream ended: %v", err)
		}
	}()
	t.Cleanup(f.stop)
	return f
}

func (f *follower) item(t *streamTopic, it *outcryv1.Item) error {
	f.state.Lock()
	defer f.state.Unlock()
	f.state.items[t] = append(f.state.items[t], it)
	close(f.state.changed)
	f.state.changed = make(chan struct{})
	return nil
}

// notice takes lost connections as they come; a gap, a double or lost history is what must not be.
func (f *follower) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, expected := range []string{"the connection was lost", "no server answers", "connecting to", "sending", "unavailable"} {
		if strings.Contains(text, expected) {
			f.state.Lock()
			f.state.losses++
			f.state.Unlock()
			return
		}
	}
	f.t.Errorf("a client was told: %s", text)
}

func (f *follower) seen(t *streamTopic) []*outcryv1.Item {
	f.state.Lock()
	defer f.state.Unlock()
	return f.state.items[t][:len(f.state.items[t]):len(f.state.items[t])]
}

// await returns once a topic has n items, or ctx has ended.
func (f *follower) await(ctx context.Context, t *streamTopic, n int) bool {
	for {
		f.state.Lock()
		have, changed := len(f.state.items[t]), f.state.changed
		f.state.Unlock()
		if have >= n {
			return true
		}
		select {
		case <-changed:
		case <-f.ended:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// sameSoFar compares what was seen of a topic from the i-th item on with what the server has now.
func (f *follower) sameSoFar(c outcryv1connect.OutcryClient, t *streamTopic, from int) {
	f.t.Helper()
	items := f.seen(t)[from:]
	if len(items) == 0 {
		return
	}
	after, last := items[0].Seq-1, items[len(items)-1].Seq
	var got []*outcryv1.Item
	switch t.Channel {
	case outcryv1.Channel_CHANNEL_ROOM:
		got = messagesOf(f.t, c, t.Id, after, last)
	case outcryv1.Channel_CHANNEL_TRADES:
		got = tradesOf(f.t, c, t.Id, after, last)
	default:
		return // a bar's stream has versions, of which the newest is kept: see bars
	}
	plain := make([]*outcryv1.Item, len(items))
	for i, it := range items {
		plain[i] = &outcryv1.Item{Seq: it.Seq, Item: it.Item}
	}
	if diff := cmp.Diff(plain, got, protocmp.Transform()); diff != "" {
		f.t.Errorf("%s: what a client saw from seq %d on is not what the server has (-seen +server):\n%.2000s", t.Id, after, diff)
	}
}

// messagesOf reads a room's changes in (after, last].
func messagesOf(t *testing.T, c outcryv1connect.OutcryClient, room string, after, last uint64) (all []*outcryv1.Item) {
	t.Helper()
	for r := (&outcryv1.MessagesRequest{Room: room, AfterSeq: after, Limit: 100}); after < last; r.AfterSeq = after {
		if after == 0 {
			r = &outcryv1.MessagesRequest{Room: room, BeforeSeq: 101, Limit: 100}
		}
		a, err := c.Messages(t.Context(), r)
		if err != nil || len(a.Messages) == 0 {
			t.Fatalf("reading %s after %d: %v, %v", room, after, a, err)
		}
		for _, m := range a.Messages {
			if after = m.Seq; m.Seq <= last {
				all = append(all, &outcryv1.Item{Seq: m.Seq, Item: &outcryv1.Item_Message{Message: m}})
			}
		}
		r.BeforeSeq = 0
	}
	return all
}

// tradesOf reads an instrument's trades in (after, last].
func tradesOf(t *testing.T, c outcryv1connect.OutcryClient, id string, after, last uint64) (all []*outcryv1.Item) {
	t.Helper()
	for {
		a, err := c.Trades(t.Context(), &outcryv1.TradesRequest{Instrument: id, AfterSeq: after, Limit: 10_000})
		if err != nil {
			t.Fatalf("reading the trades of %s: %v", id, err)
		}
		for _, s := range a.Trades {
			if after = s.Seq; s.Seq <= last {
				all = append(all, &outcryv1.Item{Seq: s.Seq, Item: &outcryv1.Item_Trade{Trade: s.Trade}})
			}
		}
		if !a.More || after >= last {
			return all
		}
	}
}

// bars compares the last version seen of each closed bar with the server's.
func (f *follower) bars(c outcryv1connect.OutcryClient, t *streamTopic) {
	f.t.Helper()
	seen := map[int64]*outcryv1.Bar{}
	for _, it := range f.seen(t) {
		seen[it.GetBar().GetTime()] = it.GetBar()
	}
	a, err := c.Bars(f.t.Context(), &outcryv1.BarsRequest{Instrument: t.Id, Resolution: t.Resolution, Limit: 50_000})
	if err != nil || a.More {
		f.t.Fatalf("reading the bars of %s: more %v, %v", t.Id, a.GetMore(), err)
	}
	for _, b := range a.Bars {
		if b.State == outcryv1.BarState_BAR_STATE_FORMING {
			continue
		}
		if diff := cmp.Diff(seen[b.Time], b, protocmp.Transform()); diff != "" {
			f.t.Errorf("%s: the bar at %d as a client saw it last is not the server's (-seen +server):\n%s", t.Id, b.Time, diff)
		}
		delete(seen, b.Time)
	}
	if len(seen) > 0 {
		f.t.Errorf("%s: a client saw %d bars that the server does not have", t.Id, len(seen))
	}
}
