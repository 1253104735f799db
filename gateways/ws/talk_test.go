package ws_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/pump"
	"outcry/gateways/ws"
	outcryv1 "outcry/proto/outcry/v1"
)

// office is a server whose end a test can wait for.
type office struct {
	t      *testing.T
	pumps  *pump.Pumps
	server *ws.Server
	url    string
}

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, pumps: gatewaytest.Pumps(t)}
	o.server = ws.NewServer(ws.Config{Pumps: o.pumps})
	h := httptest.NewServer(o.server)
	t.Cleanup(h.Close)
	o.url = "ws" + strings.TrimPrefix(h.URL, "http")
	return o
}

// guest is a client that was greeted.
func (o *office) guest() *raw {
	o.t.Helper()
	c := open(o.t, o.url, binaryProtocol)
	c.frame(final|opBinary, helloBytes(o.t))
	c.until("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	return c
}

// left waits until so many clients are there.
func (o *office) left(clients int) {
	o.t.Helper()
	eventually(o.t, "clients left", func() bool { return o.pumps.Clients() == clients })
}

// stop ends the pumps, as a server that stops does, and waits for every connection.
func (o *office) stop() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := o.pumps.Stop(ctx); err != nil && !errors.Is(err, pump.ErrStopped) {
		o.t.Error(err)
	}
	ended := make(chan struct{})
	go func() { o.server.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		o.t.Fatal("connections are left")
	}
}

// eventually looks again and again: what it waits for, nobody tells.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("not so in time: %s", what)
		}
	}
}

// question is a message that the server answers with the same number.
func question(t *testing.T, number int64) []byte {
	t.Helper()
	p, err := proto.Marshal(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: number}}})
	if err != nil {
		t.Fatal(err)
	}
	return frameOf(final|opBinary, p)
}

// answered reads on to the answer, which has to be the next one.
func (c *raw) answered(number int64) {
	c.t.Helper()
	f := c.until("answer", func(f *outcryv1.ServerFrame) bool { return f.GetPong() != nil })
	if got := f.GetPong().GetClientTimeNs(); got != number {
		c.t.Fatalf("answer %d came, want %d", got, number)
	}
}

// until reads on to the frame that is wanted; pongs are passed over.
func (c *raw) until(what string, wanted func(*outcryv1.ServerFrame) bool) *outcryv1.ServerFrame {
	c.t.Helper()
	for {
		for len(c.frames) > 0 {
			f := c.frames[0]
			c.frames = c.frames[1:]
			if wanted(f) {
				return f
			}
		}
		head, payload := c.next()
		if head == final|opPong {
			continue
		}
		m := &outcryv1.ServerFrames{}
		if err := proto.Unmarshal(payload, m); head != final|opBinary || err != nil {
			c.t.Fatalf("waiting for %s: frame %x came, %v", what, head, err)
		}
		c.frames = m.GetFrames()
	}
}

// reset closes the connection over whatever is under way.
func (c *raw) reset() {
	c.t.Helper()
	if err := errors.Join(c.conn.(*net.TCPConn).SetLinger(0), c.conn.Close()); err != nil {
		c.t.Fatal(err)
	}
}
