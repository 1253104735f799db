//go:build unix

package ws

import (
	"errors"
	"net"
	"syscall"
)

// newSocket writes with one system call on the descriptor, which Go keeps non-blocking.
func newSocket(tcp *net.TCPConn) (*socket, bool) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, false
	}
	// attempt is made once: a closure for each write would cost an allocation.
	var (
		p      []byte
		n      int
		failed error
	)
	attempt := func(fd uintptr) bool {
		n, failed = write(int(fd), p)
		return true
	}
	try := func(bytes []byte) (int, error) {
		p = bytes
		err := raw.Write(attempt)
		p = nil
		return n, errors.Join(err, failed)
	}
	return &socket{tcp, try}, true
}

func write(fd int, p []byte) (int, error) {
	for {
		n, err := syscall.Write(fd, p)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return 0, nil
		default:
			return 0, err
		}
	}
}
