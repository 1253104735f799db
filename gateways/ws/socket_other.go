//go:build !unix

package ws

import (
	"net"
	"syscall"
)

// rawOf: there is no write here that does not wait.
func rawOf(net.Conn) syscall.RawConn { return nil }

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, nil }
