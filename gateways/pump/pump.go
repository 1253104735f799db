package pump

import (
	"container/heap"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/gateways/relay"
	"outcry/gateways/relay/wire"
	"outcry/gateways/session"
)

const (
	// restBetween is the least time between turns that only time asked for, so
	// that what is due nearly together shares one.
	restBetween = time.Millisecond
	// keptBuffer bounds the buffer that a pump keeps between turns.
	keptBuffer = 512 << 10
)

// wakeUp is the only message: everything else lies in the intake.
type wakeUp struct{}

// pump owns clients. Its fields below intake belong to its turn.
type pump struct {
	all    *Pumps
	pid    *actor.PID
	marks  relay.Marks
	awake  atomic.Bool // a wakeUp is in the mailbox
	timer  *time.Timer
	intake struct {
		sync.Mutex
		tasks []task
		ready []*Client
	}
	tasks   []task
	ready   []*Client
	marked  []*relay.Board
	clients map[*Client]struct{}
	run     []*Client // to be served in this turn
	times   times
	buf     []byte
	tally   session.Tally
	closed  bool // nobody comes any more
}

// task is something to do in the turn, for one client or (nil) for the pump itself.
type task struct {
	client *Client
	do     func()
}

func newPump(all *Pumps) *pump {
	p := &pump{all: all, clients: map[*Client]struct{}{}}
	p.timer = time.AfterFunc(time.Hour, p.wake)
	p.timer.Stop()
	return p
}

// wake makes the pump take a turn soon.
func (p *pump) wake() {
	if p.awake.CompareAndSwap(false, true) {
		p.all.system.Root.Send(p.pid, wakeUp{})
	}
}

// post has do run in the turn; dropped when the client is gone by then.
func (p *pump) post(c *Client, do func()) {
	p.intake.Lock()
	p.intake.tasks = append(p.intake.tasks, task{c, do})
	p.intake.Unlock()
	p.wake()
}

// Receive is called by Proto.Actor.
func (p *pump) Receive(c actor.Context) {
	if _, ok := c.Message().(wakeUp); ok {
		p.turn(time.Now())
	}
}

func (p *pump) turn(now time.Time) {
	p.awake.Store(false) // first: what comes from now on asks for another turn
	p.take()
	p.runTasks(now)
	p.marked = p.marks.Take(p.marked)
	for _, c := range p.ready {
		c.queued.Store(false)
		p.serveLater(c)
	}
	p.tick(now)
	p.serveAll(now)
	p.told()
	p.arm(now)
}

// take swaps the intake for empty lists.
func (p *pump) take() {
	clear(p.ready)
	p.intake.Lock()
	p.tasks, p.intake.tasks = p.intake.tasks, p.tasks[:0]
	p.ready, p.intake.ready = p.intake.ready, p.ready[:0]
	p.intake.Unlock()
}

func (p *pump) runTasks(now time.Time) {
	for i, t := range p.tasks {
		p.tasks[i] = task{}
		if t.client == nil {
			t.do()
		} else if !t.client.gone {
			p.guard(t.client, now, func(*Client, time.Time) { t.do() })
		}
	}
	p.tasks = p.tasks[:0]
}

// adopt makes the client's session.
func (p *pump) adopt(c *Client, e wire.Encoding) {
	if p.closed {
		p.drop(c, errStopped)
		return
	}
	now := time.Now()
	c.session = p.all.config.Sessions.Open(session.Options{
		Encoding: e, Marks: &p.marks,
		Post: func(do func()) { p.post(c, do) },
		Wake: func() { p.serveLater(c) }, Tally: &p.tally,
	}, now)
	c.pingAt = now.Add(p.all.config.PingEvery)
	p.clients[c] = struct{}{}
	p.began(c)
	c.due = c.next()
	heap.Push(&p.times, c)
	if p.all.config.Observer.Clients != nil {
		p.all.config.Observer.Clients(p.all.Clients())
	}
	if p.all.stopped.Load() {
		p.dismiss(c)
	}
	p.serveLater(c)
}

// serveLater puts a client in line for this turn, once.
func (p *pump) serveLater(c *Client) {
	if !c.running && !c.gone {
		c.running = true
		p.run = append(p.run, c)
	}
}

// tick lets the clients that are due do what time asks for.
func (p *pump) tick(now time.Time) {
	for len(p.times) > 0 && !p.times[0].due.After(now) {
		c := p.times[0]
		c.due = far // until it is served
		heap.Fix(&p.times, c.place)
		p.guard(c, now, (*Client).tick)
	}
}

func (p *pump) reschedule(c *Client) {
	c.due = c.next()
	heap.Fix(&p.times, c.place)
}

func (p *pump) serveAll(now time.Time) {
	for i := range p.run {
		c := p.run[i]
		p.run[i] = nil
		if !c.gone {
			p.guard(c, now, (*Client).serve)
		}
		c.running = false // not earlier: what it does for itself while it is served is served
		if !c.gone {
			p.reschedule(c)
		}
	}
	p.run = p.run[:0]
	if cap(p.buf) > keptBuffer {
		p.buf = nil
	}
}

// told tells what this turn delivered.
func (p *pump) told() {
	if p.tally.Latest+p.tally.Items == 0 {
		return
	}
	if told := p.all.config.Observer.Delivered; told != nil {
		told(&p.tally)
	}
	p.tally = session.Tally{}
}

// arm sets the timer for the next client that is due.
func (p *pump) arm(now time.Time) {
	if len(p.times) == 0 {
		p.timer.Stop()
		return
	}
	p.timer.Reset(max(p.times[0].due.Sub(now), restBetween))
}

// guard lets a panic cost one client.
func (p *pump) guard(c *Client, now time.Time, do func(*Client, time.Time)) {
	defer func() {
		if r := recover(); r != nil {
			p.all.config.Logger.Error("session panicked", "reason", fmt.Sprint(r), "stack", string(debug.Stack()))
			p.drop(c, errPanic)
		}
	}()
	do(c, now)
}

// drop forgets a client and closes its connection; why is for the log.
func (p *pump) drop(c *Client, why error) {
	if c.gone {
		return
	}
	c.gone = true
	delete(p.clients, c)
	if c.session != nil {
		heap.Remove(&p.times, c.place)
		c.session.Close()
		p.ended(c, why)
	}
	if c.slow != nil {
		c.slow.Stop()
	}
	c.conn.Close()
	c.inbox.end()
	p.all.left()
}

// drain says goodbye to every client.
func (p *pump) drain() {
	for c := range p.clients {
		p.dismiss(c)
	}
}

// dismiss sends a client away once its commands under way are answered; until
// then it waits for that alone.
func (p *pump) dismiss(c *Client) {
	c.session.Drain(time.Duration(p.all.spread.Load()))
	c.leaving = true
	p.serveLater(c)
}

func (p *pump) dropAll() {
	p.closed = true
	for c := range p.clients {
		p.drop(c, errStopped)
	}
}

// times is a heap of clients by when they are due.
type times []*Client

func (h times) Len() int           { return len(h) }
func (h times) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h times) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is called by heap.Push.
func (h *times) Push(x any) {
	c := x.(*Client)
	c.place = len(*h)
	*h = append(*h, c)
}

// Pop is called by heap.Remove.
func (h *times) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return c
}
