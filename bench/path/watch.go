package path

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
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
