package gatewaytest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// peer is a client with the words of a scenario.
type peer struct {
	Client
	t        *testing.T
	requests uint32
}

// connect dials and says hello.
func (h *house) connect(t *testing.T, user string) *peer {
	t.Helper()
	p := &peer{Client: h.dial(t), t: t}
	p.send(hello(1, user))
	p.frame("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	return p
}

func hello(version uint32, user string) *outcryv1.ClientFrame {
	return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: version, User: user}}}
}

func (p *peer) send(f *outcryv1.ClientFrame) {
	p.t.Helper()
	if err := p.Send(f); err != nil {
		p.t.Fatalf("sending: %v", err)
	}
}

func (p *peer) nextBefore(deadline time.Time) *outcryv1.ServerFrame {
	p.t.Helper()
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	f, err := p.Receive(ctx)
	if err != nil {
		p.t.Fatalf("receiving: %v", err)
	}
	return f
}

// frame reads on to the first frame that is wanted. Heartbeats and what else
// comes before it are passed over.
func (p *peer) frame(what string, wanted func(*outcryv1.ServerFrame) bool) *outcryv1.ServerFrame {
	p.t.Helper()
	deadline := time.Now().Add(patience) // heartbeats come for ever
	for time.Now().Before(deadline) {
		if f := p.nextBefore(deadline); wanted(f) {
			return f
		}
	}
	p.t.Fatalf("no %s came", what)
	return nil
}

// ended reads to the end of the connection and gives the frames before it.
func (p *peer) ended() (frames []*outcryv1.ServerFrame) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		f, err := p.Receive(ctx)
		if ctx.Err() != nil {
			p.t.Fatal("the connection did not end")
		}
		if err != nil {
			return frames
		}
		frames = append(frames, f)
	}
}

// subscribe asks and gives the answers, in the order asked.
func (p *peer) subscribe(subs ...*outcryv1.Subscription) []*outcryv1.TopicAnswer {
	p.t.Helper()
	p.requests++
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Request: p.requests, Subscriptions: subs}}})
	answer := p.frame("answer to subscribe", func(f *outcryv1.ServerFrame) bool { return f.GetSubscribed() != nil }).GetSubscribed()
	if answer.GetRequest() != p.requests || len(answer.GetAnswers()) != len(subs) {
		p.t.Fatalf("answer to request %d of %d topics: %v", p.requests, len(subs), answer)
	}
	for i, a := range answer.GetAnswers() {
		if diff := cmp.Diff(subs[i].GetTopic(), a.GetTopic(), protocmp.Transform()); diff != "" {
			p.t.Fatalf("answer %d is about another topic: %s", i, diff)
		}
	}
	return answer.GetAnswers()
}

// granted is subscribe where all must be granted.
func (p *peer) granted(subs ...*outcryv1.Subscription) {
	p.t.Helper()
	for _, a := range p.subscribe(subs...) {
		if a.GetError() != nil {
			p.t.Fatalf("refused: %v", a)
		}
	}
}

func (p *peer) unsubscribe(topics ...*outcryv1.Topic) []*outcryv1.TopicAnswer {
	p.t.Helper()
	p.requests++
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Unsubscribe{Unsubscribe: &outcryv1.Unsubscribe{Request: p.requests, Topics: topics}}})
	return p.frame("answer to unsubscribe", func(f *outcryv1.ServerFrame) bool {
		return f.GetUnsubscribed().GetRequest() == p.requests
	}).GetUnsubscribed().GetAnswers()
}

func (p *peer) update(what string, wanted func(*outcryv1.Update) bool) *outcryv1.Update {
	p.t.Helper()
	return p.frame(what, func(f *outcryv1.ServerFrame) bool { return f.GetUpdate() != nil && wanted(f.GetUpdate()) }).GetUpdate()
}

// barrier returns when all that was sent before has been handled.
func (p *peer) barrier(token int64) *outcryv1.Pong {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: token}}})
	return p.frame("pong", func(f *outcryv1.ServerFrame) bool {
		return f.GetPong().GetClientTimeNs() == token && f.GetPong() != nil
	}).GetPong()
}
