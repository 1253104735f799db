package ws

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// crew is the goroutines that read connections which were parked. A few that have
// nothing to do stay: a new one's stack has to grow first, and that costs 5 µs a
// message, as much as all else that parking adds.
type crew struct {
	group *sync.WaitGroup
	idle  atomic.Int64
	work  chan *connection
	home  chan struct{} // closed when there is nobody left to read
}

func newCrew(group *sync.WaitGroup) *crew {
	return &crew{group: group, work: make(chan *connection), home: make(chan struct{})}
}

// read has somebody read a connection. It does not wait.
func (w *crew) read(c *connection) {
	select {
	case w.work <- c:
	default: // all are busy
		w.group.Go(func() { w.turn(c) })
	}
}

// turn reads one connection after another.
func (w *crew) turn(c *connection) {
	for {
		c.run(nil)
		if w.idle.Add(1) > int64(2*runtime.GOMAXPROCS(0)) {
			w.idle.Add(-1)
			return
		}
		select {
		case c = <-w.work:
			w.idle.Add(-1)
		case <-w.home:
			return
		}
	}
}

// dismiss lets those go who have nothing to do.
func (w *crew) dismiss() { close(w.home) }
