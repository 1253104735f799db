package relay

import "outcry/actors/instrument"

// spanID names a span of one entry; 0 is none. A session has one for each instrument that
// it watches, so it is half a pointer.
type spanID uint32

// span is what was traded between two versions at which sessions stand.
type span struct {
	prev, next spanID
	stand      uint32 // sessions that stand where it begins; none where it is free
	gap        bool
	trades     instrument.Tally
}

func (s *span) empty() bool { return !s.gap && s.trades.Empty() }

// spans are all that some session has still to be told of one instrument's trades, from
// the session that is furthest behind to the newest version. Highs and lows can't be
// subtracted, so that a total for each session would have to be kept up to date with each
// trade; here a trade is added once, whoever waits for it, and what no session begins at
// any more is joined to what lies before it. So there are at most as many spans as sessions, and one where
// all are told everything. The cache's lock guards them.
type spans struct {
	all         []span // by id - 1
	first, last spanID
	free        spanID // the first of those that nobody stands at, by next
}

func (c *spans) at(id spanID) *span { return &c.all[id-1] }

// add puts newer trades behind all others. Nobody waits for them where nobody stands.
func (c *spans) add(t *instrument.Tally, gap bool) {
	if c.last != 0 {
		last := c.at(c.last)
		last.trades.Merge(t)
		last.gap = last.gap || gap
	}
}

// enter places one session behind all that was traded.
func (c *spans) enter() spanID {
	if c.last == 0 || !c.at(c.last).empty() {
		c.push()
	}
	c.at(c.last).stand++
	return c.last
}

func (c *spans) push() {
	id := c.free
	if id == 0 {
		c.all = append(c.all, span{})
		id = spanID(len(c.all))
	}
	s := c.at(id)
	c.free = s.next
	s.prev, s.next = c.last, 0
	if c.last == 0 {
		c.first = id
	} else {
		c.at(c.last).next = id
	}
	c.last = id
}

// leave takes one session away from where it stands.
func (c *spans) leave(id spanID) {
	s := c.at(id)
	if s.stand--; s.stand > 0 {
		return
	}
	if s.prev == 0 {
		c.first = s.next
	} else {
		before := c.at(s.prev)
		before.trades.Merge(&s.trades)
		before.gap = before.gap || s.gap
		before.next = s.next
	}
	if s.next == 0 {
		c.last = s.prev
	} else {
		c.at(s.next).prev = s.prev
	}
	if c.first == 0 {
		*c = spans{} // what thousands needed is let go
		return
	}
	s.recycle(c.free)
	c.free = id
}

// recycle empties a span to be used again; what had grown in it is let go.
func (s *span) recycle(next spanID) {
	if s.trades.Minutes() > 4 {
		s.trades = instrument.Tally{}
	}
	s.trades.Reset()
	*s = span{next: next, trades: s.trades}
}

// since merges what was traded from where a span begins, and says whether some of it is not known.
func (c *spans) since(id spanID, into *instrument.Tally) (gap bool) {
	for id != 0 {
		s := c.at(id)
		into.Merge(&s.trades)
		gap = gap || s.gap
		id = s.next
	}
	return gap
}
