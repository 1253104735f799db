package port

import (
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// watched looks at its connections from time to time, where the kernel gives none
// up before a quarter of an hour (giveUp).
type watched struct {
	net.Listener
	dead time.Duration
	done chan struct{}
	once sync.Once

	mu struct {
		sync.Mutex
		conns map[*net.TCPConn]struct{} // closed ones until they are looked at
	}
}

func watch(l net.Listener, dead time.Duration) net.Listener {
	w := &watched{Listener: l, dead: dead, done: make(chan struct{})}
	w.mu.conns = map[*net.TCPConn]struct{}{}
	go w.run()
	return w
}

// Accept is net.Listener's.
func (w *watched) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		w.mu.Lock()
		w.mu.conns[tcp] = struct{}{}
		w.mu.Unlock()
	}
	return conn, err
}

// Close is net.Listener's. Nothing is looked at any more: a server that stops ends its connections itself.
func (w *watched) Close() error {
	w.once.Do(func() { close(w.done) })
	return w.Listener.Close()
}

func (w *watched) run() {
	every := time.NewTicker(w.dead / 16)
	defer every.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-every.C:
			w.look()
		}
	}
}

func (w *watched) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.mu.conns {
		switch info, open := infoOf(conn); {
		case !open:
			delete(w.mu.conns, conn)
		case info != nil && vanished(info, w.dead):
			_ = conn.SetLinger(0) // what is unsent is for nobody
			_ = conn.Close()      // whoever reads it finds out
			delete(w.mu.conns, conn)
		}
	}
}

// infoOf a connection; open is false when somebody closed it.
func infoOf(conn *net.TCPConn) (info *unix.TCPInfo, open bool) {
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			info, _ = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) // nil: it is looked at later
		})
	}
	return info, err == nil
}

// vanished says that a peer did not acknowledge for so long what it was sent. One whose window is
// shut is asked every two minutes at last, and not given up before it left two probes
// unanswered. Where nothing is under way the keep-alive decides.
func vanished(i *unix.TCPInfo, dead time.Duration) bool {
	silent := time.Duration(i.Last_ack_recv) * time.Millisecond
	return silent >= dead-dead/8 && (i.Unacked > 0 && i.Retransmits > 2 || i.Probes > 1)
}
