package binance

import (
	"context"
	"sync"
	"time"
)

// renewal opens the successor of a connection when its lifetime ends. The old
// one is read on until it has told what the new one told first; what both
// tell is told apart by its ids. So no moment is without a connection.
type renewal struct {
	line   *line
	ctx    context.Context // of the opening alone
	stop   context.CancelFunc
	timer  *time.Timer
	begun  bool
	opened chan *connection
	work   sync.WaitGroup

	next  *connection
	goal  goal
	limit *time.Timer
}

// goal is what the new connection told first.
type goal struct {
	stream string
	id     uint64
}

const (
	// quiet is how long a new connection may be silent before it is taken as it is.
	quiet = 5 * time.Second
	// overlapMost bounds how long the old one is read on.
	overlapMost = 30 * time.Second
)

func (l *line) renewal(ctx context.Context) *renewal {
	ctx, stop := context.WithCancel(ctx)
	return &renewal{line: l, ctx: ctx, stop: stop, timer: time.NewTimer(l.lifetime()), opened: make(chan *connection, 1)}
}

func (r *renewal) due() <-chan time.Time { return r.timer.C }

// begin opens the successor beside the old connection, once.
func (r *renewal) begin() {
	if r.begun {
		return
	}
	r.begun = true
	r.work.Go(func() {
		for tries := 0; ; tries++ {
			c, err := open(r.ctx, r.line.dial, r.line.plan)
			if err == nil {
				r.await(c)
				return
			}
			if pause(r.ctx, backoff(tries)) != nil {
				return
			}
		}
	})
}

// await the first message of the new connection.
func (r *renewal) await(c *connection) {
	t := time.NewTimer(quiet)
	defer t.Stop()
	select {
	case <-c.began:
	case <-t.C:
	case <-c.done:
	case <-r.ctx.Done():
	}
	r.opened <- c // has room for it
}

// ready takes the successor that was opened. What it told first is the goal of the old one.
func (r *renewal) ready(c *connection) {
	r.next, r.limit = c, time.NewTimer(overlapMost)
	select {
	case <-c.began:
		if m, err := r.line.reader.Message(c.first.body, c.first.at); err == nil {
			r.goal = goal{m.Stream, m.ID}
		}
	default:
	}
}

func (r *renewal) deadline() <-chan time.Time {
	if r.limit == nil {
		return nil
	}
	return r.limit.C
}

// passed says whether the old connection is not needed any more; idle is that it has nothing to read.
func (r *renewal) passed(idle bool) bool {
	if r.next == nil {
		return false
	}
	if t := r.line.tapes[r.goal.stream]; t != nil && r.goal.id != 0 {
		return t.last >= r.goal.id
	}
	return idle
}

// take gives the successor away, even one that has not said anything yet; nil where there is none.
func (r *renewal) take() *connection {
	c := r.next
	r.next = nil
	if c == nil {
		select {
		case c = <-r.opened:
		default:
		}
	}
	return c
}

// end stops what is under way and closes a successor that nobody took.
func (r *renewal) end() {
	r.stop()
	r.timer.Stop()
	if r.limit != nil {
		r.limit.Stop()
	}
	r.work.Wait()
	select {
	case c := <-r.opened:
		c.close()
	default:
	}
	if r.next != nil {
		r.next.close()
	}
}
