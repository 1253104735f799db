package pump_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"testing"
	"time"

	"outcry/gateways/limit"
	"outcry/gateways/pump"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// Clients that are cut off without a word come back all at once, to a server that may be gone.
func TestStopAsksClientsToReconnectAndSaysGoodbye(t *testing.T) {
	h := open(t, pump.Config{Pumps: 2})
	h.Define("A")
	var peers []*peer
	for range 5 {
		p := h.connect(t)
		p.subscribe(quotes("A", 0))
		peers = append(peers, p)
	}
	h.Quote("A", 7, 8)
	h.end(t, patience)
	for i, p := range peers {
		price, within := int64(0), uint32(0)
		p.until("drain and the price that was under way", func(f *outcryv1.ServerFrame) bool {
			price = max(price, f.GetUpdate().GetQuote().GetQuote().GetBidPrice())
			within = max(within, f.GetDrain().GetRetryWithinMs())
			return price == 7 && within > 0
		})
		if !p.saidGoodbye() {
			t.Errorf("client %d: no goodbye came", i)
		}
		wait(t, "closing", p.closed)
		if p.Receive(ping(1)) {
			t.Errorf("client %d is still read", i)
		}
	}
	if _, err := h.Open(newConn(), framing{}, wire.Binary, pump.Peer{Transport: "test"}); !errors.Is(err, pump.ErrStopped) || h.Clients() != 0 {
		t.Errorf("after Stop: %v, %d clients", err, h.Clients())
	}
	if err := h.Stop(t.Context()); !errors.Is(err, pump.ErrStopped) {
		t.Errorf("stopped twice: %v", err)
	}
}

// A client that never reads again may not keep the server from stopping, nor leave its goroutine behind.
func TestStopDoesNotWaitForAConnectionThatTakesNothing(t *testing.T) {
	h := open(t, pump.Config{})
	slow, quick := h.connect(t), h.connect(t)
	slow.stall(0)
	slow.send(ping(1))
	wait(t, "the stall", h.stalled)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop(ctx) }()
	wait(t, "goodbye to the other", quick.closed)
	cancel()
	wait(t, "closing", slow.closed)
	if err := <-stopped; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if !quick.saidGoodbye() || slow.saidGoodbye() {
		t.Errorf("goodbye: %v to the one that reads, %v to the other", quick.saidGoodbye(), slow.saidGoodbye())
	}
}

// A bug that one client meets would otherwise take down everybody on its pump.
func TestAPanicEndsOneClient(t *testing.T) {
	var log bytes.Buffer
	h := open(t, pump.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	good := h.connect(t)
	bad := &peer{conn: newConn(), t: t}
	h.attach(bad, framing{panics: true})
	bad.Refuse(outcryv1.ErrorCode_ERROR_CODE_MALFORMED, "something to answer")
	wait(t, "closing", bad.closed)
	good.send(ping(1))
	good.pong(1)
	if h.Clients() != 1 {
		t.Errorf("%d clients are left", h.Clients())
	}
	h.end(t, patience)
	if !bytes.Contains(log.Bytes(), []byte("session panicked")) || !bytes.Contains(log.Bytes(), []byte("framing on purpose")) {
		t.Errorf("the log does not tell of it: %s", log.Bytes())
	}
}

// Without a bound a flood of connections takes the memory of those who are served.
func TestClientsAreBoundedAndLeavingMakesRoom(t *testing.T) {
	left := make(chan int, 10)
	h := open(t, pump.Config{Clients: 2, Observer: pump.Observer{Clients: func(n int) { left <- n }}})
	first := h.connect(t)
	h.connect(t)
	if _, err := h.Open(newConn(), framing{}, wire.Binary, pump.Peer{Transport: "test"}); !errors.Is(err, pump.ErrFull) || pump.CodeOf(err) != outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS {
		t.Fatalf("a third of two: %v", err)
	}
	first.Drop()
	wait(t, "closing", first.closed)
	wait(t, "the end", first.Ended())
	h.connect(t)
}

// A proxy closes what is idle; a pong answers what the peer asks for.
func TestIdleConnectionsArePingedAndControlBytesAreWritten(t *testing.T) {
	h := open(t, pump.Config{PingEvery: 5 * time.Millisecond})
	p := h.connect(t)
	contains := func(what uint32) {
		t.Helper()
		late := time.After(patience)
		for {
			taken, _, changed := p.look()
			if bytes.Contains(taken, binary.BigEndian.AppendUint32(nil, what)) {
				return
			}
			select {
			case <-changed:
			case <-late:
				t.Fatalf("%x was not written", what)
			}
		}
	}
	contains(pinged)
	p.Control(binary.BigEndian.AppendUint32(nil, 0xffff_fff0|5))
	contains(0xffff_fff0 | 5)
	p.Leave(binary.BigEndian.AppendUint32(nil, goodbye))
	wait(t, "the end", p.Ended())
	if !p.saidGoodbye() {
		t.Error("the last bytes were not written")
	}
}

// Breaks for users: behind a proxy, whose kernel answers for everybody, those who
// are gone stay; or those are thrown out who answer, or merely do not read.
func TestBehindAProxyPingsHaveToBeAnswered(t *testing.T) {
	h := open(t, pump.Config{PingEvery: 100 * time.Millisecond})
	attach := func(proxied bool) *peer {
		p := &peer{conn: newConn(), t: t}
		client, err := h.Open(p.conn, framing{}, wire.Binary, pump.Peer{Transport: "test", Peer: limit.Peer{Proxied: proxied}})
		if err != nil {
			t.Fatal(err)
		}
		p.Client = client
		return p
	}
	direct, gone, answers, lags := attach(false), attach(true), attach(true), attach(true)
	lags.stall(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			answers.Heard()
			select {
			case <-gone.Ended():
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	wait(t, "the end of who does not answer", gone.Ended())
	<-done
	for who, p := range map[string]*peer{"one that answers": answers, "one whose kernel answers": direct, "one that takes nothing": lags} {
		select {
		case <-p.Ended():
			t.Errorf("%s was thrown out", who)
		default:
		}
	}
	lags.release() // it has not had the time to answer yet
	lags.Heard()
	lags.send(ping(1))
	lags.until("an answer", func(f *outcryv1.ServerFrame) bool { return f.GetError() != nil })
}

// A transport that cannot write without waiting (TLS) must say the same in the same order.
func TestAWaitingConnectionIsServedLikeAnyOther(t *testing.T) {
	h := open(t, pump.Config{})
	h.Define("A")
	p := &peer{conn: newConn(), t: t}
	client, err := h.Open(pump.Waiting(p.conn, p.conn.Close), framing{}, wire.Binary, pump.Peer{Transport: "test"})
	if err != nil {
		t.Fatal(err)
	}
	p.Client = client
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}})
	p.until("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	p.subscribe(quotes("A", 0))
	for price := range int64(20) {
		h.Quote("A", 100+price, 200)
		p.price(100 + price)
	}
	h.end(t, patience)
	wait(t, "closing", p.closed)
	if !p.saidGoodbye() {
		t.Error("it went without goodbye")
	}
}
