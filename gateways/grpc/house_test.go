package grpc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"
	google "google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"outcry/gateways/grpc"
	"outcry/gateways/port"
	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) {
	// Proto.Actor keeps a throttle of dead letters for as long as the process lives.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"))
}

// serve puts the transport on a port and connects a stock client. All ends with the test.
func serve(t *testing.T, pumps *pump.Pumps, ready func() bool) *google.ClientConn {
	t.Helper()
	conn, _ := serveHealth(t, pumps, ready)
	return conn
}

func serveHealth(t *testing.T, pumps *pump.Pumps, ready func() bool) (*google.ClientConn, *grpc.Health) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(grpc.NewHandler(grpc.Config{Pumps: pumps}))
	health := grpc.MountBeside(mux, ready)
	s := httptest.NewUnstartedServer(nil)
	s.Config = port.NewServer(mux, nil)
	s.Start()
	t.Cleanup(s.Close)
	conn, err := google.NewClient("passthrough:///"+s.Listener.Addr().String(), google.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the test may have closed it
	return conn, health
}

func yes() bool { return true }

// peer is one stream.
type peer struct {
	google.ClientStream
	t       *testing.T
	waiting []*outcryv1.ServerFrame // of the message that was read last
}

// open opens a stream on the connection and says hello.
func open(t *testing.T, conn *google.ClientConn, options ...google.CallOption) *peer {
	t.Helper()
	p := connect(t, conn, options...)
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: "ann"}}})
	p.until("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	return p
}

func connect(t *testing.T, conn *google.ClientConn, options ...google.CallOption) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s, err := conn.NewStream(ctx, &google.StreamDesc{ClientStreams: true, ServerStreams: true}, "/outcry.v1.Outcry/Connect", options...)
	if err != nil {
		t.Fatal(err)
	}
	return &peer{ClientStream: s, t: t}
}

func (p *peer) send(f *outcryv1.ClientFrame) {
	p.t.Helper()
	if err := p.SendMsg(f); err != nil {
		p.t.Fatalf("sending: %v", err)
	}
}

// until reads on to the frame that is wanted.
func (p *peer) until(what string, wanted func(*outcryv1.ServerFrame) bool) {
	p.t.Helper()
	for {
		for len(p.waiting) == 0 {
			var m outcryv1.ServerFrames
			if err := p.RecvMsg(&m); err != nil {
				p.t.Fatalf("no %s came: %v", what, err)
			}
			p.waiting = m.Frames
		}
		f := p.waiting[0]
		p.waiting = p.waiting[1:]
		if wanted(f) {
			return
		}
	}
}

// end reads to the end of the stream.
func (p *peer) end() error {
	for {
		var m outcryv1.ServerFrames
		if err := p.RecvMsg(&m); err != nil {
			return err
		}
	}
}

// talk subscribes to a room from its first change on.
func (p *peer) talk(room string) {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: []*outcryv1.Subscription{
		{AfterSeq: new(uint64), Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: room}}}}}})
	p.until("answer", func(f *outcryv1.ServerFrame) bool { return f.GetSubscribed() != nil })
}

// said reads until every change of a room up to seq has come, each once and in order.
func (p *peer) said(seq uint64) {
	p.t.Helper()
	last := uint64(0)
	p.until("last word", func(f *outcryv1.ServerFrame) bool {
		for _, item := range f.GetItems().GetItems() {
			if last++; item.GetSeq() != last {
				p.t.Fatalf("item %d came as number %d", item.GetSeq(), last)
			}
		}
		return last == seq
	})
}
