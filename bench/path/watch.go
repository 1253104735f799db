package path

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Watch is one client that follows quotes. It reads frames without making
// messages of them, so that a thousand clients leave the machine to the server.
type Watch struct {
	conn   net.Conn
	r      *bufio.Reader
	buf    []byte
	Counts Counts
}

// Counts is what a client got since it last began to count.
type Counts struct {
	Updates, Messages, Bytes uint64
	// Spread is from the event's intended time to when its message was read; snapshots are left out.
	Spread Spread
}

// Merge adds another client's.
func (c *Counts) Merge(o *Counts) {
	c.Updates += o.Updates
	c.Messages += o.Messages
	c.Bytes += o.Bytes
	c.Spread.Merge(&o.Spread)
}

const (
	watchBuffer  = 16 << 10
	greetWithin  = time.Minute // a thousand clients begin at once
	messageLimit = 4 << 20
)

// errRefused: the server said no.
var errRefused = errors.New("the server refused")

// DialWatch connects to a server's address (host:port), says hello and
// subscribes; it returns when every topic is granted.
func DialWatch(address string, ids []string, perSecond float64) (*Watch, error) {
	conn, err := net.DialTimeout("tcp", address, greetWithin)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	w := &Watch{conn: conn, r: bufio.NewReaderSize(conn, watchBuffer)}
	if err := w.begin(address, ids, perSecond); err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

func (w *Watch) begin(address string, ids []string, perSecond float64) error {
	if err := w.conn.SetDeadline(time.Now().Add(greetWithin)); err != nil {
		return err
	}
	if err := w.upgrade(address); err != nil {
		return err
	}
	hello := &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}}
	subscribe := &outcryv1.Subscribe{Request: 1}
	for _, id := range ids {
		subscribe.Subscriptions = append(subscribe.Subscriptions, &outcryv1.Subscription{
			Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}, MaxPerSecond: perSecond})
	}
	for _, f := range []*outcryv1.ClientFrame{hello, {Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: subscribe}}} {
		b, err := proto.Marshal(f)
		if err == nil {
			err = w.send(opBinary, b)
		}
		if err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
	}
	if err := w.granted(len(ids)); err != nil {
		return err
	}
	return w.conn.SetDeadline(time.Time{})
}

func (w *Watch) upgrade(address string) error {
	request := "GET /ws HTTP/1.1\r\nHost: " + address + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: b3V0Y3J5LWJlbmNoLXBhdA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: outcry.v1.proto\r\n\r\n"
	if _, err := io.WriteString(w.conn, request); err != nil {
		return fmt.Errorf("upgrading: %w", err)
	}
	for first := true; ; first = false {
		line, err := w.r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("upgrading: %w", err)
		}
		if first && !strings.HasPrefix(line, "HTTP/1.1 101") {
			return fmt.Errorf("upgrading: %w: %s", errRefused, strings.TrimSpace(line))
		}
		if line == "\r\n" {
			return nil
		}
	}
}

// granted reads until the subscription is answered.
func (w *Watch) granted(topics int) error {
	for {
		message, err := w.message()
		if err != nil {
			return fmt.Errorf("waiting for the subscriptions: %w", err)
		}
		var all outcryv1.ServerFrames
		if err := proto.Unmarshal(message, &all); err != nil {
			return fmt.Errorf("reading a message: %w", err)
		}
		for _, f := range all.Frames {
			switch f := f.Frame.(type) {
			case *outcryv1.ServerFrame_Error:
				return fmt.Errorf("%w: %s", errRefused, f.Error.GetText())
			case *outcryv1.ServerFrame_Subscribed:
				return grants(f.Subscribed, topics)
			}
		}
	}
}

func grants(a *outcryv1.SubscribeAnswer, topics int) error {
	if len(a.Answers) != topics {
		return fmt.Errorf("%d of %d topics are answered", len(a.Answers), topics)
	}
	for _, one := range a.Answers {
		if one.Error != nil {
			return fmt.Errorf("%w %s: %s", errRefused, one.Topic.GetId(), one.Error.GetText())
		}
	}
	return nil
}

// Read takes one message and counts it.
func (w *Watch) Read() error {
	message, err := w.message()
	if err != nil {
		return err
	}
	c := &w.Counts
	c.Messages++
	c.Bytes += uint64(len(message))
	now := time.Now().UnixNano()
	return eachField(message, func(n protowire.Number, frame []byte) error {
		return eachField(frame, func(n protowire.Number, update []byte) error {
			if n != frameUpdate {
				return nil
			}
			c.Updates++
			at, snapshot := eventTime(update)
			if !snapshot && at > 0 {
				c.Spread.Add(time.Duration(now - at))
			}
			return nil
		})
	})
}

// Close ends the connection; a Read under way fails.
func (w *Watch) Close() error { return w.conn.Close() }

const (
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// message reads the next data message; it is valid until the next call.
func (w *Watch) message() ([]byte, error) {
	for {
		op, n, err := w.head()
		if err != nil {
			return nil, err
		}
		if cap(w.buf) < n {
			w.buf = make([]byte, n+n/2)
		}
		w.buf = w.buf[:n]
		if _, err := io.ReadFull(w.r, w.buf); err != nil {
			return nil, err
		}
		switch op {
		case opPing:
			if err := w.send(opPong, w.buf); err != nil {
				return nil, err
			}
		case opClose:
			return nil, fmt.Errorf("%w: closed", errRefused)
		case opBinary:
			return w.buf, nil
		}
	}
}

// head reads a frame's head; servers neither mask nor, ours, split messages.
func (w *Watch) head() (op byte, n int, err error) {
	var h [8]byte
	if _, err := io.ReadFull(w.r, h[:2]); err != nil {
		return 0, 0, err
	}
	op, n = h[0]&15, int(h[1])
	switch n {
	case 126:
		_, err = io.ReadFull(w.r, h[:2])
		n = int(binary.BigEndian.Uint16(h[:2]))
	case 127:
		_, err = io.ReadFull(w.r, h[:8])
		n = int(binary.BigEndian.Uint64(h[:8]))
	}
	if err == nil && (n < 0 || n > messageLimit) {
		err = fmt.Errorf("a message of %d bytes", n)
	}
	return op, n, err
}

// send writes one frame, masked with zeros as a client may choose.
func (w *Watch) send(op byte, payload []byte) error {
	frame := []byte{0x80 | op, 0x80 | 126, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(frame[2:], uint16(len(payload)))
	if len(payload) < 126 {
		frame = []byte{0x80 | op, 0x80 | byte(len(payload)), 0, 0, 0, 0}
	}
	_, err := w.conn.Write(append(frame, payload...))
	return err
}
