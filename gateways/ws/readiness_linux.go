package ws

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	// readable is what a parked connection is asked for: bytes, or its peer's end. Errors are
	// told in any case. It is told once, of what is there already, too.
	readable = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT
	// toldAtOnce is how many are told of with one system call.
	toldAtOnce = 128
)

// readiness is an epoll set.
type readiness struct {
	file *os.File
	fd   int
}

// newReadiness makes a set. It is a file to Go's own poller, which waits for it
// as for any other: nothing is awake, and no thread stands in the kernel.
func newReadiness() (*readiness, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an epoll set: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // without it Go would not poll it
		return nil, errors.Join(fmt.Errorf("making an epoll set: %w", err), syscall.Close(fd))
	}
	r := &readiness{os.NewFile(uintptr(fd), "epoll"), fd}
	if err := r.file.SetReadDeadline(time.Time{}); err != nil {
		return nil, errors.Join(fmt.Errorf("polling an epoll set: %w", err), r.file.Close())
	}
	return r, nil
}

// parks says whether the kernel knows when a connection can be read: of TLS it
// knows only when there are bytes of a record.
func parks(conn net.Conn) bool {
	_, ok := conn.(*net.TCPConn)
	return ok
}

// arm asks to be told once when the connection can be read, which may be at once:
// nothing of it is touched after that.
func (r *readiness) arm(c *connection) error {
	op := syscall.EPOLL_CTL_MOD
	if !c.armed {
		op, c.armed = syscall.EPOLL_CTL_ADD, true
	}
	e := syscall.EpollEvent{Events: readable, Fd: int32(uint32(c.id)), Pad: int32(c.id >> 32)}
	var failed error
	err := c.raw.Control(func(fd uintptr) { failed = syscall.EpollCtl(r.fd, op, int(fd), &e) })
	return errors.Join(err, failed)
}

// watch tells which can be read, until the set is closed.
func (r *readiness) watch(woken func(id uint64)) {
	raw, err := r.file.SyscallConn()
	if err != nil {
		return // it is closed already
	}
	events := make([]syscall.EpollEvent, toldAtOnce)
	_ = raw.Read(func(fd uintptr) bool { // an error says that it is closed
		for n := ready(int(fd), events); n > 0; n = ready(int(fd), events) {
			for _, e := range events[:n] {
				woken(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
			}
		}
		return false
	})
}

// ready takes events that are there; 0: none is.
func ready(fd int, events []syscall.EpollEvent) int {
	for {
		n, err := syscall.EpollWait(fd, events, 0)
		switch {
		case err == nil:
			return n
		case !errors.Is(err, syscall.EINTR):
			panic(fmt.Sprintf("ws: reading an epoll set: %v", err)) // it is open while this runs
		}
	}
}

func (r *readiness) close() { _ = r.file.Close() } // nothing is written to it
