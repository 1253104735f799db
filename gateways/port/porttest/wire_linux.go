package porttest

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Host is the server's address on the wire; a port of 0 is chosen.
const Host = "10.213.0.1:0"

// Wire joins a server's namespace and its clients'.
type Wire struct {
	t              *testing.T
	server, client *space
}

// Open lays a wire, or skips the test where that is not allowed.
func Open(t *testing.T) *Wire {
	t.Helper()
	w := &Wire{t: t, server: newSpace(t), client: newSpace(t)}
	w.server.ip("link", "add", "out", "address", "02:00:00:00:00:01", "type", "veth", "peer", "name", "out", "address", "02:00:00:00:00:02", "netns", w.client.path)
	for n, s := range map[int]*space{1: w.server, 2: w.client} {
		s.ip("addr", "add", fmt.Sprintf("10.213.0.%d/24", n), "dev", "out")
		s.ip("link", "set", "out", "up")
		// Known for good: a neighbour that cannot be found would be told to TCP.
		s.ip("neigh", "replace", fmt.Sprintf("10.213.0.%d", 3-n), "lladdr", fmt.Sprintf("02:00:00:00:00:%02d", 3-n), "dev", "out", "nud", "permanent")
	}
	return w
}

// Server runs do in the server's namespace: sockets that it opens itself stay
// there. Where it is not supported the test is skipped.
func (w *Wire) Server(do func() error) {
	w.t.Helper()
	switch err := w.server.run(do); {
	case errors.Is(err, errors.ErrUnsupported):
		w.t.Skip(err)
	case err != nil:
		w.t.Fatal(err)
	}
}

// Dial connects from the clients' namespace. The test's end closes it.
func (w *Wire) Dial(address string) *net.TCPConn {
	w.t.Helper()
	var conn net.Conn
	err := w.client.run(func() (err error) {
		conn, err = net.Dial("tcp", address)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() }) // the test may have closed it
	return conn.(*net.TCPConn)
}

// Cut has every packet lost from now on, in both directions.
func (w *Wire) Cut() {
	w.t.Helper()
	w.client.ip("link", "set", "out", "down")
}

// space is a network namespace: that of an operating system's thread, which runs what is done in it.
type space struct {
	t    *testing.T
	path string
	work chan func()
}

func newSpace(t *testing.T) *space {
	t.Helper()
	s, begun := &space{t: t, work: make(chan func())}, make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		s.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", unix.Getpid(), unix.Gettid())
		begun <- err
		for do := range s.work {
			do()
		}
	}()
	t.Cleanup(func() { close(s.work) })
	if err := <-begun; err != nil {
		t.Skipf("no network namespace can be made here: %v", err)
	}
	return s
}

func (s *space) run(do func() error) error {
	done := make(chan error)
	s.work <- func() { done <- do() }
	return <-done
}

func (s *space) ip(args ...string) {
	s.t.Helper()
	err := s.run(func() error {
		out, err := exec.Command("ip", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
		return nil
	})
	if err != nil {
		s.t.Skipf("no wire can be laid here: %v", err)
	}
}
