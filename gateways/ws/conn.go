package ws

import (
	"io"
	"net"
	"time"

	"outcry/gateways/pump"
)

const (
	// lingerWithin is how long a peer's last bytes are waited for after our last.
	lingerWithin = time.Second
	// lastWords is what is still read of a peer after the connection ended on our side.
	lastWords = 1 << 20
)

// out is what the pump writes to. TLS has no write that does not wait: it may
// have to encrypt a record whose bytes the kernel has no room for.
func (c *connection) out() pump.Conn {
	if c.raw == nil {
		return pump.Waiting(c.conn, c.Close)
	}
	return c
}

// TryWrite takes what the kernel has room for.
func (c *connection) TryWrite(p []byte) (int, error) { return tryWrite(c.raw, p) }

// Write waits until all of p is taken.
func (c *connection) Write(p []byte) (int, error) { return c.conn.Write(p) }

// Close ends a write that is under way and has the reader hang up. It does not
// wait: the reader reads in vain, and where nobody reads somebody begins to.
func (c *connection) Close() {
	_ = c.conn.SetDeadline(time.Unix(1, 0)) // an error says that it is closed already
	if c.state.Swap(interrupted) == parked {
		c.place.crew.read(c)
	}
}

// hangUp says that nothing follows, gives the peer a moment to finish, and
// closes. A close frame that we wrote reaches the peer only if its bytes under way
// are read: closing over them would reset the connection, and the reset overtakes the frame.
func hangUp(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok { // TCP and TLS
		_ = half.CloseWrite() // else it is closed already
	}
	_ = conn.SetReadDeadline(time.Now().Add(lingerWithin))
	_, _ = io.CopyN(io.Discard, conn, lastWords) // until it ends or the deadline comes
	_ = conn.Close()                             // nothing was written since the pump's last word
}
