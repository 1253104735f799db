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

// newConn makes what the pump writes to. TLS has no write that does not wait:
// it may have to encrypt a record whose bytes the kernel has no room for.
func newConn(conn net.Conn) pump.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if s, ok := newSocket(tcp); ok {
			return s
		}
	}
	return pump.Waiting(conn, func() { interrupt(conn) })
}

// socket is a TCP connection that is written to without waiting.
type socket struct {
	*net.TCPConn
	try func(p []byte) (int, error)
}

// TryWrite takes what the kernel has room for.
func (s *socket) TryWrite(p []byte) (int, error) { return s.try(p) }

// Close leaves the rest to the reader.
func (s *socket) Close() { interrupt(s.TCPConn) }

// interrupt ends a write that is under way and wakes the reader, which hangs up. It does not wait.
func interrupt(conn net.Conn) { _ = conn.SetDeadline(time.Unix(1, 0)) } // an error says that it is closed already

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
