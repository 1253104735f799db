//go:build !unix

package ws

import "net"

// newSocket: there is no write here that does not wait.
func newSocket(*net.TCPConn) (*socket, bool) { return nil, false }
