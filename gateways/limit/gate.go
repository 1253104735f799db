package limit

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Gate lets so many clients a second begin their conversation, so that a storm
// of them (all come back after a restart) does not cost those who are in already
// their freshness. Those who resume go first: they know what they miss. Every
// tenth place is for somebody new, so that a storm shuts nobody out.
type Gate struct {
	most    int
	limiter *rate.Limiter // nil: everybody is let in

	mu struct {
		sync.Mutex
		waiting [2]*list.List // of *Ticket: new ones, resuming ones
		timer   *time.Timer
		armed   bool
		turn    int
	}
}

const (
	newcomer = iota
	resumer
	newcomersTurn = 10
)

// NewGate lets perSecond clients in, evenly: a tenth of them at once. At most so
// many wait. perSecond 0 is no bound.
func NewGate(perSecond, waiting int) *Gate {
	g := &Gate{most: waiting}
	if perSecond > 0 {
		g.limiter = rate.NewLimiter(rate.Limit(perSecond), max(perSecond/10, 1))
	}
	g.mu.waiting = [2]*list.List{list.New(), list.New()}
	return g
}

// Ticket is a place in the line.
type Ticket struct {
	gate     *Gate
	line     *list.List
	place    *list.Element
	admitted func(now time.Time)
}

// Enter asks to be let in. No ticket and again 0: come in. A ticket: admitted is
// called once, from another goroutine, when it is the client's turn, unless it
// leaves before. Again > 0: as many wait as may, and the client is to come back then.
func (g *Gate) Enter(resuming bool, admitted func(now time.Time)) (t *Ticket, again time.Duration) {
	if g == nil || g.limiter == nil {
		return nil, 0
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	waiting := g.mu.waiting[newcomer].Len() + g.mu.waiting[resumer].Len()
	switch {
	case waiting == 0 && g.limiter.AllowN(now, 1):
		return nil, 0
	case waiting >= g.most:
		return nil, g.takes(waiting + 1)
	}
	t = &Ticket{gate: g, line: g.mu.waiting[newcomer], admitted: admitted}
	if resuming {
		t.line = g.mu.waiting[resumer]
	}
	t.place = t.line.PushBack(t)
	g.arm(now)
	return t, 0
}

// Leave gives the place in line back; without one it does nothing.
func (t *Ticket) Leave() {
	if t == nil {
		return
	}
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	t.line.Remove(t.place) // nothing if it was called
}

// Spread is how long it takes to let n clients in.
func (g *Gate) Spread(n int) time.Duration {
	if g == nil || g.limiter == nil {
		return 0
	}
	return g.takes(n)
}

func (g *Gate) takes(n int) time.Duration {
	return time.Duration(float64(n) / float64(g.limiter.Limit()) * float64(time.Second))
}

// arm has open called when the next one may come in. The lock is held.
func (g *Gate) arm(now time.Time) {
	if g.mu.armed {
		return
	}
	g.mu.armed = true
	r := g.limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	r.CancelAt(now)
	if g.mu.timer == nil {
		g.mu.timer = time.AfterFunc(wait, g.open)
		return
	}
	g.mu.timer.Reset(wait)
}

// open lets in who may come now.
func (g *Gate) open() {
	now := time.Now()
	g.mu.Lock()
	g.mu.armed = false
	var in []*Ticket
	for {
		line := g.next()
		if line == nil {
			break
		}
		if !g.limiter.AllowN(now, 1) {
			g.arm(now)
			break
		}
		in = append(in, line.Remove(line.Front()).(*Ticket))
		g.mu.turn++
	}
	g.mu.Unlock()
	for _, t := range in {
		t.admitted(now)
	}
}

// next is the line whose turn it is; nil when nobody waits.
func (g *Gate) next() *list.List {
	first, second := g.mu.waiting[resumer], g.mu.waiting[newcomer]
	if g.mu.turn%newcomersTurn == newcomersTurn-1 {
		first, second = second, first
	}
	switch {
	case first.Len() > 0:
		return first
	case second.Len() > 0:
		return second
	}
	return nil
}
