//go:build unix

package ws

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// rawOf gives the descriptor of a socket, which Go keeps non-blocking; nil: it is none.
func rawOf(conn net.Conn) syscall.RawConn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil // it is closed already, and writing finds out
	}
	return raw
}

// attempt is one write. It is pooled, since a closure for each write would be an
// allocation, and one for each connection 100 bytes of it.
type attempt struct {
	p      []byte
	n      int
	failed error
	do     func(fd uintptr) bool
}

var attempts = sync.Pool{New: func() any {
	a := &attempt{}
	a.do = func(fd uintptr) bool {
		a.n, a.failed = write(int(fd), a.p)
		return true
	}
	return a
}}

// tryWrite writes with one system call.
func tryWrite(raw syscall.RawConn, p []byte) (int, error) {
	a := attempts.Get().(*attempt)
	a.p, a.n, a.failed = p, 0, nil
	err := raw.Write(a.do)
	n, failed := a.n, a.failed
	a.p, a.failed = nil, nil
	attempts.Put(a)
	return n, errors.Join(err, failed)
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
