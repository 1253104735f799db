package pump

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// Seen is one client as operators see it.
type Seen struct {
	Peer
	session.Summary
	Since  time.Time
	Framed uint64 // bytes that were framed for it
	Stuck  int    // of them, those that its connection did not take yet
	State  State
}

// State of a client.
type State string

// States: before hello; served; its connection takes nothing more for now; on its way out.
const (
	Greeting State = "greeting"
	Live     State = "live"
	Stalled  State = "stalled"
	Leaving  State = "leaving"
)

// seenAtOnce is how many clients are looked at in one turn, a millisecond or two. Fewer
// would cost more turns, and in a flood a turn takes a tenth of a second.
const seenAtOnce = 512

// Each shows every client, in no order, some at a time, to see, which is called by one
// goroutine at a time and may keep them. Clients that come or go meanwhile are shown or not. An error is ctx's, or ErrStopped.
func (p *Pumps) Each(ctx context.Context, see func([]Seen)) error {
	var one sync.Mutex
	var all sync.WaitGroup
	errs := make([]error, len(p.pumps))
	for i, pump := range p.pumps {
		all.Go(func() {
			errs[i] = pump.each(ctx, func(some []Seen) {
				one.Lock()
				defer one.Unlock()
				see(some)
			})
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (p *pump) each(ctx context.Context, see func([]Seen)) error {
	var all []*Client
	if err := p.ask(ctx, func() { all = slices.Collect(maps.Keys(p.clients)) }); err != nil {
		return err
	}
	for some := range slices.Chunk(all, seenAtOnce) {
		var seen []Seen
		if err := p.ask(ctx, func() { seen = seenOf(some) }); err != nil {
			return err
		}
		see(seen)
	}
	return nil
}

// Find shows the client of a session's id with its subscriptions; found says that there is one.
func (p *Pumps) Find(ctx context.Context, id string) (s Seen, topics []session.TopicSummary, found bool, err error) {
	var seen Seen
	var all []session.TopicSummary
	if found, err = p.with(ctx, id, func(c *Client) { seen, all = c.seen(), c.session.Topics() }); err != nil {
		return s, nil, false, err // what was asked for may still come, and is nobody's
	}
	return seen, all, found, nil
}

// End ends the session of an id, which is told why; found says that there was one.
func (p *Pumps) End(ctx context.Context, id string, why *outcryv1.Error) (found bool, err error) {
	return p.with(ctx, id, func(c *Client) { c.end(why) })
}

// with does something with the client of a session's id, in its pump's turn.
func (p *Pumps) with(ctx context.Context, id string, do func(*Client)) (bool, error) {
	for _, one := range p.pumps {
		found := false
		err := one.ask(ctx, func() {
			for c := range one.clients {
				if c.session.ID() == id {
					found = true
					do(c)
				}
			}
		})
		if err != nil {
			return false, err
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}

// ask has do run in the pump's turn and waits for it.
func (p *pump) ask(ctx context.Context, do func()) error {
	done := make(chan struct{})
	p.post(nil, func() {
		do()
		close(done)
	})
	select {
	case <-done:
		return nil
	case <-p.all.over:
		return ErrStopped
	case <-ctx.Done():
		return fmt.Errorf("asking a pump: %w", ctx.Err())
	}
}

func seenOf(clients []*Client) []Seen {
	all := make([]Seen, 0, len(clients))
	for _, c := range clients {
		if !c.gone {
			all = append(all, c.seen())
		}
	}
	return all
}

func (c *Client) seen() Seen {
	return Seen{Peer: c.peer, Summary: c.session.Summary(), Since: c.since, Framed: c.framed, Stuck: c.stuck, State: c.state()}
}

func (c *Client) state() State {
	switch {
	case c.leaving || c.said || c.session.Ended() != nil:
		return Leaving
	case c.stalled:
		return Stalled
	case !c.session.Greeted():
		return Greeting
	}
	return Live
}

// end ends the client's session. A connection that takes nothing has a moment
// to change its mind.
func (c *Client) end(why *outcryv1.Error) {
	c.session.End(why)
	if c.writing && c.sayBy.IsZero() {
		c.sayBy = time.Now().Add(goodbyeWithin)
		c.pump.reschedule(c)
	}
}
