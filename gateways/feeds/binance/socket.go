package binance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// socket is one WebSocket, whose pings are answered while it is read.
type socket interface {
	Read(ctx context.Context) ([]byte, error)
	Write(ctx context.Context, message []byte) error
	Close()
}

type dialer func(ctx context.Context, url string) (socket, error)

// handshakeError is an answer to the handshake that is no WebSocket.
type handshakeError struct {
	url    string
	status int
}

func (e *handshakeError) Error() string {
	return fmt.Sprintf("connecting to %s: it answers %d %s", e.url, e.status, http.StatusText(e.status))
}

// final: a first connection that is answered so has the wrong address; 418 and
// 429 mean too many requests, 403 is what the exchange's firewall says to them.
func (e *handshakeError) final() bool {
	switch e.status {
	case http.StatusForbidden, http.StatusRequestTimeout, http.StatusTeapot, http.StatusTooManyRequests:
		return false
	}
	return e.status < 500
}

const (
	dialTime = 10 * time.Second
	// messageBytes bounds one message; a book's update is the longest.
	messageBytes = 1 << 20
)

func dial(ctx context.Context, address string) (socket, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, answer, err := websocket.Dial(ctx, address, nil)
	switch {
	case err != nil && answer != nil:
		return nil, &handshakeError{shortened(address), answer.StatusCode}
	case err != nil:
		return nil, fmt.Errorf("connecting to %s: %w", shortened(address), cause(err))
	}
	conn.SetReadLimit(messageBytes)
	return webSocket{conn}, nil
}

// cause of a connection's error, without the steps on the way, which say the
// address again with all its streams.
func cause(err error) error {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return closed
	}
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}

// shortened leaves out the streams, which may be hundreds.
func shortened(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return before
}

type webSocket struct{ *websocket.Conn }

func (s webSocket) Read(ctx context.Context) ([]byte, error) {
	_, b, err := s.Conn.Read(ctx)
	return b, err
}

func (s webSocket) Write(ctx context.Context, message []byte) error {
	return s.Conn.Write(ctx, websocket.MessageText, message)
}

// Close does not shake hands: whoever closes has waited long enough.
func (s webSocket) Close() { _ = s.CloseNow() }

// message as it came.
type message struct {
	body []byte
	at   time.Time
}

// connection reads a socket ahead by a few messages, so that who follows it
// can wait for other things, too.
type connection struct {
	messages chan message // closed at the end, whose reason is err
	err      error
	began    chan struct{} // closed with the first message of a stream, which is first
	first    message
	stop     context.CancelFunc
	done     chan struct{}
}

// ahead is how many messages a connection reads before anyone takes them.
const ahead = 64

// open dials and asks for the streams.
func open(ctx context.Context, d dialer, p plan) (*connection, error) {
	address, rest := p.url()
	s, err := d(ctx, address)
	if err != nil {
		return nil, err
	}
	for i, m := range subscriptions(rest) {
		if i > 0 {
			err = pause(ctx, messageEvery)
		}
		if err = errors.Join(err, s.Write(ctx, m)); err != nil {
			s.Close()
			return nil, fmt.Errorf("subscribing: %w", err)
		}
	}
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &connection{messages: make(chan message, ahead), began: make(chan struct{}), stop: stop, done: make(chan struct{})}
	go c.read(reading, s)
	return c, nil
}

// messageEvery keeps below the exchange's five messages a second.
const messageEvery = 300 * time.Millisecond

func (c *connection) read(ctx context.Context, s socket) {
	defer close(c.done)
	defer s.Close()
	defer close(c.messages)
	any := false
	for {
		body, err := s.Read(ctx)
		if err != nil {
			c.err = cause(err)
			return
		}
		m := message{body, time.Now()}
		if !any && bytes.Contains(body, []byte(`"stream"`)) {
			any, c.first = true, m
			close(c.began)
		}
		select {
		case c.messages <- m:
		case <-ctx.Done():
			c.err = ctx.Err()
			return
		}
	}
}

func (c *connection) close() {
	c.stop()
	<-c.done
}
