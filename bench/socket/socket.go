package socket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Limits of a connection.
const (
	greetWithin  = time.Minute // a thousand clients begin at once
	messageLimit = 4 << 20
	// ReadBuffer is what a connection reads at a time where Options say nothing.
	ReadBuffer = 16 << 10
)

// ErrRefused: the server said no, or goodbye.
var ErrRefused = errors.New("the server refused")

// Options of Dial.
type Options struct {
	Address     string // host:port
	Path        string
	Subprotocol string
	ReadBuffer  int // bytes; default ReadBuffer
	// Kernel is the size of the kernel's receive buffer; 0 leaves it to the kernel.
	Kernel int
}

// Conn is one connection. One goroutine reads; Send may be called by another.
type Conn struct {
	net.Conn
	r   *bufio.Reader
	buf []byte
}

// Dial connects and upgrades. A deadline of a minute is set, which Started takes away.
func Dial(o Options) (*Conn, error) {
	conn, err := net.DialTimeout("tcp", o.Address, greetWithin)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	if o.ReadBuffer == 0 {
		o.ReadBuffer = ReadBuffer
	}
	c := &Conn{Conn: conn, r: bufio.NewReaderSize(conn, o.ReadBuffer)}
	if tcp, ok := conn.(*net.TCPConn); ok && o.Kernel > 0 {
		err = tcp.SetReadBuffer(o.Kernel)
	}
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(greetWithin))
	}
	if err == nil {
		err = c.upgrade(&o)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// Started takes the deadline of the beginning away.
func (c *Conn) Started() error { return c.SetDeadline(time.Time{}) }

func (c *Conn) upgrade(o *Options) error {
	request := "GET " + o.Path + " HTTP/1.1\r\nHost: " + o.Address + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: b3V0Y3J5LWJlbmNoLXBhdA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " + o.Subprotocol + "\r\n\r\n"
	if _, err := io.WriteString(c, request); err != nil {
		return fmt.Errorf("upgrading: %w", err)
	}
	for first := true; ; first = false {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("upgrading: %w", err)
		}
		if first && !strings.HasPrefix(line, "HTTP/1.1 101") {
			return fmt.Errorf("upgrading: %w: %s", ErrRefused, strings.TrimSpace(line))
		}
		if line == "\r\n" {
			return nil
		}
	}
}

const (
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// Message reads the next data message; it is valid until the next call.
func (c *Conn) Message() ([]byte, error) {
	for {
		op, n, err := c.head()
		if err != nil {
			return nil, err
		}
		if cap(c.buf) < n {
			c.buf = make([]byte, n+n/2)
		}
		c.buf = c.buf[:n]
		if _, err := io.ReadFull(c.r, c.buf); err != nil {
			return nil, err
		}
		switch op {
		case opPing:
			if err := c.write(opPong, c.buf); err != nil {
				return nil, err
			}
		case opClose:
			return nil, fmt.Errorf("%w: closed: %q", ErrRefused, c.buf)
		case opBinary:
			return c.buf, nil
		}
	}
}

// Slim gives back the buffer that the greetings needed.
func (c *Conn) Slim() { c.buf = nil }

// head reads a frame's head; servers do not mask, and those under measure do not split messages.
func (c *Conn) head() (op byte, n int, err error) {
	var h [8]byte
	if _, err := io.ReadFull(c.r, h[:2]); err != nil {
		return 0, 0, err
	}
	op, n = h[0]&15, int(h[1])
	switch n {
	case 126:
		_, err = io.ReadFull(c.r, h[:2])
		n = int(binary.BigEndian.Uint16(h[:2]))
	case 127:
		_, err = io.ReadFull(c.r, h[:8])
		n = int(binary.BigEndian.Uint64(h[:8]))
	}
	if err == nil && (n < 0 || n > messageLimit) {
		err = fmt.Errorf("a message of %d bytes", n)
	}
	return op, n, err
}

// Send writes one binary message.
func (c *Conn) Send(payload []byte) error { return c.write(opBinary, payload) }

// write masks with zeros, as a client may choose.
func (c *Conn) write(op byte, payload []byte) error {
	frame := []byte{0x80 | op, 0x80 | 126, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(frame[2:], uint16(len(payload)))
	if len(payload) < 126 {
		frame = []byte{0x80 | op, 0x80 | byte(len(payload)), 0, 0, 0, 0}
	}
	_, err := c.Write(append(frame, payload...))
	return err
}
