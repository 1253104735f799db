package host

import (
	"time"

	"outcry/events"
)

// clockRetry is how long a shard waits after a clock record that could not be appended.
const clockRetry = time.Second

// clock asks for a clock record when the shard's earliest deadline comes. It
// is an effect: what the record then closes is decided by folding it. At most
// one is on its way.
type clock struct {
	timer    *time.Timer
	armed    int64 // what the timer waits for, ns; 0 not armed
	onWay    bool
	position int64 // of the record on its way, -1 until it is durable
	stopped  bool
}

// folded looks at the deadlines after a record.
func (c *clock) folded(a *shardActor) {
	if c.position >= 0 && a.shard.offset >= c.position {
		c.onWay = false
	}
	if !a.ready || c.onWay || c.stopped {
		return
	}
	// An earlier wake-up than needed is harmless, and cheaper than moving the
	// timer with every trade that moves a bar's end.
	if first := a.shard.due.first(); first != 0 && (c.armed == 0 || first < c.armed) {
		c.arm(a, first, time.Duration(first-time.Now().UnixNano()))
	}
}

func (c *clock) arm(a *shardActor, deadline int64, in time.Duration) {
	c.armed = deadline
	if c.timer != nil {
		c.timer.Stop()
	}
	box := a.box
	// Never at once: a publisher's clock a little behind ours must not make us spin.
	c.timer = time.AfterFunc(max(in, time.Millisecond), func() {
		box.tell(task(func(a *shardActor) { a.clock.due(a) }))
	})
}

func (c *clock) due(a *shardActor) {
	c.armed = 0
	first := a.shard.due.first()
	switch {
	case c.onWay || c.stopped || first == 0:
		return
	case first > time.Now().UnixNano():
		c.folded(a)
		return
	}
	c.onWay, c.position = true, -1
	box := a.box
	a.config.Clocks.Clock(a.shard.kind, a.shard.partition, func(p events.Position, err error) {
		box.tell(task(func(a *shardActor) { a.clock.appended(a, p, err) }))
	})
}

func (c *clock) appended(a *shardActor, p events.Position, err error) {
	if err == nil {
		c.position = p.Offset
		c.folded(a)
		return
	}
	c.onWay = false
	a.log.Warn("appending a clock record", "err", err)
	if !c.stopped {
		c.arm(a, time.Now().Add(clockRetry).UnixNano(), clockRetry)
	}
}

func (c *clock) stop() {
	c.stopped = true
	if c.timer != nil {
		c.timer.Stop()
	}
}
