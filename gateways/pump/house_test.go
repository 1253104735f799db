package pump_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/identity"
	"outcry/gateways/pump"
	"outcry/gateways/relay"
	"outcry/gateways/relay/wire"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

const patience = 20 * time.Second

// house is a floor with pumps over it. Unless the test says otherwise there is
// one pump, and nothing happens because of time.
type house struct {
	*gatewaytest.Floor
	*pump.Pumps
	sessions *session.Sessions
	stalled  chan struct{}
	relay    *relay.Relay
}

func open(t testing.TB, c pump.Config) *house {
	t.Helper()
	return openBehind(t, nil, c)
}

// openBehind has a gate; nil lets everybody in.
func openBehind(t testing.TB, gate identity.Gate, c pump.Config) *house {
	t.Helper()
	h := &house{Floor: gatewaytest.NewFloor(), stalled: make(chan struct{}, 1000)}
	h.relay = relay.New(relay.Config{Floor: h.Floor, StaleAfter: time.Hour})
	h.sessions = session.New(session.Config{Gate: gate, Relay: h.relay, History: h.Floor, Commands: h.Commands, CodeOf: gatewaytest.CodeOf, Heartbeat: time.Hour})
	c.Sessions = h.sessions
	c.Pumps = max(c.Pumps, 1)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.PingEvery == 0 {
		c.PingEvery = time.Hour
	}
	c.Observer.Stalled = func() { h.stalled <- struct{}{} }
	pumps, err := pump.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	h.Pumps, h.Floor.Flushed = pumps, pumps.Flushed
	t.Cleanup(func() { h.end(t, patience) })
	return h
}

// end stops the house, if the test has not; clients get so long to take what is left.
func (h *house) end(t testing.TB, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := h.Stop(ctx); err != nil && !errors.Is(err, pump.ErrStopped) {
		t.Errorf("stopping: %v", err)
	}
	h.sessions.Wait()
}

// peer is a client with its connection, read by the test.
type peer struct {
	*pump.Client
	*conn
	t    testing.TB
	peer pump.Peer
	at   int // how far the bytes were read
	news []*outcryv1.ServerFrame
}

// connect opens a client and says hello.
func (h *house) connect(t testing.TB) *peer {
	t.Helper()
	return h.connectTo(t, newConn())
}

func (h *house) connectTo(t testing.TB, c *conn) *peer {
	t.Helper()
	p := &peer{conn: c, t: t}
	h.attach(p, framing{})
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}})
	p.until("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	return p
}

func (h *house) attach(p *peer, f pump.Framing) {
	p.t.Helper()
	client, err := h.Open(p.conn, f, wire.Binary, p.peer)
	if err != nil {
		p.t.Fatalf("opening: %v", err)
	}
	p.Client = client
}

func (p *peer) send(f *outcryv1.ClientFrame) {
	p.t.Helper()
	if !p.Receive(f) {
		p.t.Fatal("the client is gone")
	}
}

func (p *peer) subscribe(subs ...*outcryv1.Subscription) {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: subs}}})
	f := p.until("answer", func(f *outcryv1.ServerFrame) bool { return f.GetSubscribed() != nil })
	for _, a := range f.GetSubscribed().GetAnswers() {
		if a.GetError() != nil {
			p.t.Fatalf("refused: %v", a)
		}
	}
}

func ping(token int64) *outcryv1.ClientFrame {
	return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: token}}}
}

func (p *peer) pong(token int64) {
	p.t.Helper()
	p.until(fmt.Sprint("pong ", token), func(f *outcryv1.ServerFrame) bool { return f.GetPong().GetClientTimeNs() == token })
}

func quotes(id string, perSecond float64) *outcryv1.Subscription {
	return &outcryv1.Subscription{MaxPerSecond: perSecond, Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}}
}

// talk is a room from its very first change on.
func talk(id string) *outcryv1.Subscription {
	return &outcryv1.Subscription{AfterSeq: new(uint64), Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: id}}
}

// price reads on to a bid.
func (p *peer) price(bid int64) {
	p.t.Helper()
	p.until(fmt.Sprint("price ", bid), func(f *outcryv1.ServerFrame) bool {
		return f.GetUpdate().GetQuote().GetQuote().GetBidPrice() == bid
	})
}

// until reads on to the frame that is wanted.
func (p *peer) until(what string, wanted func(*outcryv1.ServerFrame) bool) *outcryv1.ServerFrame {
	p.t.Helper()
	return p.untilIn(patience, what, wanted)
}

func (p *peer) untilIn(within time.Duration, what string, wanted func(*outcryv1.ServerFrame) bool) *outcryv1.ServerFrame {
	p.t.Helper()
	late := time.After(within)
	for {
		taken, _, changed := p.look()
		p.decode(taken)
		for len(p.news) > 0 {
			f := p.news[0]
			p.news = slices.Delete(p.news, 0, 1)
			if wanted(f) {
				return f
			}
		}
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("no %s came", what)
		}
	}
}

// decode takes the whole messages that are there; pings and goodbyes are not for it.
func (p *peer) decode(taken []byte) {
	p.t.Helper()
	for len(taken)-p.at >= 4 {
		n := binary.BigEndian.Uint32(taken[p.at:])
		switch {
		case n == pinged || n == goodbye:
			p.at += 4
			continue
		case len(taken)-p.at-4 < int(n):
			return
		}
		m := &outcryv1.ServerFrames{}
		if err := proto.Unmarshal(taken[p.at+4:p.at+4+int(n)], m); err != nil {
			p.t.Fatalf("reading a message: %v", err)
		}
		p.news = append(p.news, m.GetFrames()...)
		p.at += 4 + int(n)
	}
}

// saidGoodbye tells whether the last bytes are the transport's goodbye.
func (p *peer) saidGoodbye() bool {
	taken, _, _ := p.look()
	return len(taken) >= 4 && binary.BigEndian.Uint32(taken[len(taken)-4:]) == goodbye
}

func wait(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
	}
}
