package pump_test

import (
	"encoding/binary"
	"errors"
	"sync"

	outcryv1 "outcry/proto/outcry/v1"
)

// Bytes of the test's framing that are no message: they stand where a length would.
const (
	pinged  = 0xffff_fff0
	goodbye = 0xffff_fff1
)

// framing puts the length of a message before it, in four bytes.
type framing struct{ panics bool }

func (f framing) Begin(dst []byte) []byte {
	if f.panics {
		panic("framing on purpose")
	}
	return append(dst, 0, 0, 0, 0)
}

func (framing) End(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func (framing) Ping(dst []byte) []byte { return binary.BigEndian.AppendUint32(dst, pinged) }

func (framing) Goodbye(dst []byte, _ *outcryv1.Error) []byte {
	return binary.BigEndian.AppendUint32(dst, goodbye)
}

var errClosed = errors.New("the connection is closed")

// conn is a connection in memory. One that is stalled takes some bytes, then
// none, until it is opened again.
type conn struct {
	wrote func() // of each write, in the pump's turn; nil is nothing; set before it is opened

	mu      sync.Mutex
	taken   []byte
	forgets bool
	writes  int
	takes   int           // bytes that it takes without waiting; -1 is all
	open    chan struct{} // closed while it takes everything
	closed  chan struct{}
	changed chan struct{} // closed and made anew by each change
}

func newConn() *conn {
	c := &conn{takes: -1, open: make(chan struct{}), closed: make(chan struct{}), changed: make(chan struct{})}
	close(c.open)
	return c
}

// stall lets the connection take so many bytes more, and then nothing.
func (c *conn) stall(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takes, c.open = bytes, make(chan struct{})
}

// forget keeps nothing of what is written from now on.
func (c *conn) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgets = true
}

func (c *conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takes = -1
	close(c.open)
}

// TryWrite is pump.Conn's.
func (c *conn) TryWrite(p []byte) (int, error) {
	n := c.take(p)
	if c.wrote != nil {
		c.wrote()
	}
	return n, nil
}

func (c *conn) take(p []byte) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p)
	if c.takes >= 0 {
		n = min(n, c.takes)
		c.takes -= n
	}
	c.writes++
	if c.forgets {
		return n
	}
	c.taken = append(c.taken, p[:n]...)
	close(c.changed)
	c.changed = make(chan struct{})
	return n
}

// Write is pump.Conn's.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	select {
	case <-open:
		return c.take(p), nil
	case <-c.closed:
		return 0, errClosed
	}
}

// Close is pump.Conn's; a second one panics.
func (c *conn) Close() { close(c.closed) }

// look gives what was taken so far, and what tells of the next change.
func (c *conn) look() (taken []byte, writes int, changed chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken, c.writes, c.changed
}
