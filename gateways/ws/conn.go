package ws

import (
	"net"
	"time"

	"outcry/gateways/pump"
)

// lingerWithin is how long a peer's last bytes are waited for after our last.
const lingerWithin = time.Second

// newConn makes what the pump writes to.
func newConn(conn net.Conn) pump.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if s, ok := newSocket(tcp); ok {
			return s
		}
	}
	return pump.Waiting(conn, func() { _ = conn.Close() }) // the reader sees that it is closed
}

// socket is a TCP connection that is written to without waiting.
type socket struct {
	*net.TCPConn
	try func(p []byte) (int, error)
}

// TryWrite takes what the kernel has room for.
func (s *socket) TryWrite(p []byte) (int, error) { return s.try(p) }

// Close ends writing, a Write under way too, and gives the peer a moment to
// finish; the reader closes the connection then. Errors say that it is closed already.
func (s *socket) Close() {
	now := time.Now()
	_ = s.SetWriteDeadline(now)
	_ = s.CloseWrite()
	_ = s.SetReadDeadline(now.Add(lingerWithin))
}
