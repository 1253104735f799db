package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

const (
	// silence is after how long without a frame a connection counts as lost;
	// the server sends a heartbeat each second.
	silence = 10 * time.Second
	// messageBytes bounds one message of the server: what it frames at a time, with room.
	messageBytes = 4 << 20
	// reconnectMost bounds the wait before the next try.
	reconnectMost = 30 * time.Second
)

// stream follows topics on one WebSocket after the other. After a lost
// connection it waits a random moment, longer each time, and goes on where
// each never-lose topic was, so that nothing is missing and nothing comes twice.
type stream struct {
	// url of the server, such as http://127.0.0.1:8080.
	url func() string
	// over are the connections; nil is the default.
	over *http.Transport
	user string
	// token that hello shows; empty: none.
	token string
	// topics keep their cursors between runs.
	topics []*streamTopic
	// item gets every item of a never-lose topic once, in order; update the
	// versions of latest-wins topics. An error of theirs ends run.
	item   func(*streamTopic, *outcryv1.Item) error
	update func(*streamTopic, *outcryv1.Update) error
	// met is told of each hello; nil is skipped.
	met func(*outcryv1.ServerHello)
	// notice is told what happened to the connection.
	notice func(format string, args ...any)

	lineage string
	within  time.Duration // over which reconnections spread, as the server said
	tries   int           // since the last hello
}

// errDrain: the server asked to connect again.
var errDrain = errors.New("the server is stopping")

// finalError ends a stream: another try would meet the same.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

func final(format string, args ...any) error { return &finalError{fmt.Errorf(format, args...)} }

// run follows until ctx ends (nil), a func fails or the server refuses a
// topic for good. A first connection that fails is an error, too.
func (s *stream) run(ctx context.Context) error {
	s.within = time.Second
	for {
		err := s.once(ctx)
		var ended *finalError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &ended):
			return ended.err
		case s.lineage == "":
			return err
		}
		wait := s.pause()
		s.notice("%v; connecting again in %s", err, wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// pause is a random part of the server's window, which doubles with each try,
// so that thousands of clients do not come back at once.
func (s *stream) pause() time.Duration {
	window := min(s.within<<min(s.tries, 10), reconnectMost)
	s.tries++
	return rand.N(max(window, time.Millisecond))
}

// once follows over one connection until it ends, always with an error.
func (s *stream) once(ctx context.Context) error {
	url := "ws" + strings.TrimPrefix(s.url(), "http") + "/ws"
	dialing, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	conn, answer, err := websocket.Dial(dialing, url, &websocket.DialOptions{Subprotocols: []string{"outcry.v1.proto"}, HTTPClient: s.client()})
	switch {
	case err != nil && answer != nil:
		return fmt.Errorf("connecting to %s: it answers %s", s.url(), answer.Status)
	case err != nil:
		return unanswered(s.url(), err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(messageBytes)
	if err := s.greet(ctx, conn); err != nil {
		return err
	}
	for {
		if err := s.read(ctx, conn); err != nil {
			return err
		}
	}
}

func (s *stream) client() *http.Client {
	if s.over == nil {
		return http.DefaultClient
	}
	return &http.Client{Transport: s.over}
}

func (s *stream) greet(ctx context.Context, conn *websocket.Conn) error {
	hello := &outcryv1.ClientHello{Version: 1, User: s.user, Token: s.token}
	return send(ctx, conn, &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: hello}})
}

func (s *stream) subscribe(ctx context.Context, conn *websocket.Conn) error {
	r := &outcryv1.Subscribe{Request: 1}
	for _, t := range s.topics {
		r.Subscriptions = append(r.Subscriptions, t.subscription())
	}
	return send(ctx, conn, &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: r}})
}

func send(ctx context.Context, conn *websocket.Conn, f *outcryv1.ClientFrame) error {
	b, err := proto.Marshal(f)
	if err != nil {
		return final("encoding a frame: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageBinary, b); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	return nil
}

// read takes one message of the server.
func (s *stream) read(ctx context.Context, conn *websocket.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, b, err := conn.Read(waiting)
	if err != nil {
		return fmt.Errorf("the connection was lost: %w", err)
	}
	var all outcryv1.ServerFrames
	if err := proto.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("reading a message of the server: %w", err)
	}
	for _, f := range all.Frames {
		if err := s.frame(ctx, conn, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) frame(ctx context.Context, conn *websocket.Conn, f *outcryv1.ServerFrame) error {
	switch f := f.GetFrame().(type) {
	case *outcryv1.ServerFrame_Hello:
		s.hello(f.Hello)
		return s.subscribe(ctx, conn)
	case *outcryv1.ServerFrame_Subscribed:
		return s.subscribed(f.Subscribed)
	case *outcryv1.ServerFrame_Items:
		return s.items(f.Items)
	case *outcryv1.ServerFrame_Update:
		return s.updated(f.Update)
	case *outcryv1.ServerFrame_Heartbeat:
		for _, c := range f.Heartbeat.Complete {
			if t := s.topic(c.Topic); t != nil {
				t.complete(c.Seq)
			}
		}
	case *outcryv1.ServerFrame_HistoryLost:
		s.notice("%s: %d to %d are no longer kept and are missing here", f.HistoryLost.Topic.GetId(), f.HistoryLost.FromSeq, f.HistoryLost.ToSeq)
	case *outcryv1.ServerFrame_Ended:
		return refusal(f.Ended.Topic.GetId(), f.Ended.Error)
	case *outcryv1.ServerFrame_Drain:
		s.within = max(time.Duration(f.Drain.RetryWithinMs)*time.Millisecond, time.Millisecond)
		return errDrain
	case *outcryv1.ServerFrame_Error:
		return refusal("the server", f.Error)
	}
	return nil
}

// hello notes how to come back. Another log means other numbers: cursors are void.
func (s *stream) hello(h *outcryv1.ServerHello) {
	s.tries = 0
	s.within = max(time.Duration(h.ReconnectWithinMs)*time.Millisecond, time.Millisecond)
	if s.lineage != "" && s.lineage != h.Lineage {
		s.notice("the server has another log than before: starting anew")
		for _, t := range s.topics {
			t.forget()
		}
	}
	s.lineage = h.Lineage
	if s.met != nil {
		s.met(h)
	}
}

// subscribed ends the stream where a topic is refused for good; otherwise the next connection tries again.
func (s *stream) subscribed(a *outcryv1.SubscribeAnswer) error {
	for _, one := range a.Answers {
		if one.Error != nil {
			return refusal(one.Topic.GetId(), one.Error)
		}
	}
	return nil
}

func refusal(what string, e *outcryv1.Error) error {
	err := fmt.Errorf("%s: %s (%s)", what, e.GetText(), codeWord(e.GetCode()))
	switch e.GetRetry() {
	case outcryv1.Retry_RETRY_AFTER, outcryv1.Retry_RETRY_RESEND_SAME_ID:
		return err
	}
	return &finalError{err}
}

// codeWord shows ERROR_CODE_UNKNOWN_ROOM as unknown_room.
func codeWord(c outcryv1.ErrorCode) string {
	return strings.ToLower(strings.TrimPrefix(c.String(), "ERROR_CODE_"))
}
