package port

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"outcry/gateways/port/porttest"
)

// ways of finding out that a peer is gone: the kernel's, and our own for kernels that have none.
var ways = map[string]func(context.Context, time.Duration) (net.Listener, error){
	"kernel": func(ctx context.Context, dead time.Duration) (net.Listener, error) {
		l, err := ListenFor(ctx, porttest.Host, dead)
		if _, ours := l.(*watched); ours {
			err = errors.Join(errors.ErrUnsupported, l.Close())
		}
		return l, err
	},
	"watched": func(ctx context.Context, dead time.Duration) (net.Listener, error) {
		l, err := net.Listen("tcp", porttest.Host)
		if err != nil {
			return nil, err
		}
		return watch(l, dead), nil
	},
}

// scale is how long a peer may be silent, and how long one may not read. OUTCRY_SOAK=1 tests it as it is in life.
func scale() (dead, still time.Duration) {
	if os.Getenv("OUTCRY_SOAK") != "" {
		return deadAfter, 5 * time.Minute
	}
	return 20 * time.Second, 30 * time.Second
}

// fed is a connection to which the server says something all the time.
type fed struct {
	conn   *net.TCPConn
	pace   time.Duration
	wrote  atomic.Int64
	ended  chan error
	client *net.TCPConn
}

// feed connects a client. It ends with the test.
func feed(t *testing.T, w *porttest.Wire, l net.Listener, pace time.Duration) *fed {
	t.Helper()
	s := &fed{pace: pace, ended: make(chan error, 1), client: w.Dial(l.Addr().String())}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s.conn = conn.(*net.TCPConn)
	t.Cleanup(func() { _ = s.conn.Close() }) // it may have been given up
	go s.talk()
	return s
}

func (s *fed) talk() {
	words := make([]byte, 1024)
	for {
		n, err := s.conn.Write(words)
		s.wrote.Add(int64(n))
		if err != nil {
			s.ended <- err
			return
		}
		time.Sleep(s.pace)
	}
}

// Breaks for users: a machine that lost its power stays "connected" for a quarter of
// an hour; or somebody who merely does not read for a while is thrown out.
func TestAPeerThatVanishedIsGivenUpAndOneThatDoesNotReadIsNot(t *testing.T) {
	dead, still := scale()
	for name, listen := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it is all waiting
			w := porttest.Open(t)
			var l net.Listener
			w.Server(func() (err error) {
				l, err = listen(t.Context(), dead)
				return err
			})
			t.Cleanup(func() { _ = l.Close() })
			silent := feed(t, w, l, 0)
			lagging, reading := feed(t, w, l, 0), feed(t, w, l, 100*time.Millisecond)
			go func() { _, _ = io.Copy(io.Discard, reading.client) }() // to its end
			select {
			case err := <-lagging.ended:
				t.Fatalf("a peer that does not read was given up: %v", err)
			case err := <-silent.ended:
				t.Fatalf("a peer that does not read was given up: %v", err)
			case <-time.After(still):
			}
			stuck := lagging.wrote.Load()
			go func() { _, _ = io.Copy(io.Discard, lagging.client) }()
			for deadline := time.Now().Add(dead); lagging.wrote.Load() < 2*stuck; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("it was given %d bytes while it did not read, and %d since", stuck, lagging.wrote.Load()-stuck)
				}
			}
			w.Cut()
			cut := time.Now()
			all := map[string]*fed{"much to say": lagging, "little to say": reading}
			if name == "kernel" { // the other knows no better than the probes, which are rare by now
				all["one that did not read"] = silent
			}
			for who, s := range all {
				select {
				case err := <-s.ended:
					t.Logf("%s: given up after %s: %v", who, time.Since(cut).Round(time.Second), err)
				case <-time.After(time.Until(cut.Add(dead))):
					t.Errorf("%s: a peer that vanished is not given up after %s", who, dead)
				}
			}
		})
	}
}
