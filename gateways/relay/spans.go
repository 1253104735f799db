package relay

import "outcry/actors/instrument"

// span is what was traded between two versions at which sessions stand.
type span struct {
	prev, next *span
	stand      int // sessions that stand where it begins; never none
	trades     instrument.Tally
	gap        bool
}

func (s *span) empty() bool { return !s.gap && s.trades.Empty() }

// spans are all that some session has still to be told of one instrument's trades, from
// the session that is furthest behind to the newest version. Highs and lows can't be
// subtracted, so that a total for each session would have to be kept up to date with each
// trade; here a trade is added once, whoever waits for it, and what no session begins at
// any more is joined to what lies before it. So there are at most as many spans as sessions, and one where
// all are told everything. The cache's lock guards them.
type spans struct {
	first, last *span
	spare       *span
}

// add puts newer trades behind all others. Nobody waits for them where nobody stands.
func (c *spans) add(t *instrument.Tally, gap bool) {
	if c.last != nil {
		c.last.trades.Merge(t)
		c.last.gap = c.last.gap || gap
	}
}

// enter places one session behind all that was traded.
func (c *spans) enter() *span {
	if c.last == nil || !c.last.empty() {
		c.push()
	}
	c.last.stand++
	return c.last
}

func (c *spans) push() {
	s := c.spare
	c.spare = nil
	if s == nil {
		s = new(span)
	}
	s.prev = c.last
	if c.last == nil {
		c.first = s
	} else {
		c.last.next = s
	}
	c.last = s
}

// leave takes one session away from where it stands.
func (c *spans) leave(s *span) {
	if s.stand--; s.stand > 0 {
		return
	}
	if s.prev == nil {
		c.first = s.next
	} else {
		s.prev.trades.Merge(&s.trades)
		s.prev.gap = s.prev.gap || s.gap
		s.prev.next = s.next
	}
	if s.next == nil {
		c.last = s.prev
	} else {
		s.next.prev = s.prev
	}
	c.spare = recycled(s)
}

// recycled empties a span to be used again; one that had grown is let go.
func recycled(s *span) *span {
	if s.trades.Minutes() > 4 {
		return nil
	}
	s.trades.Reset()
	*s = span{trades: s.trades}
	return s
}

// since merges what was traded from where a span begins, and says whether some of it is not known.
func (s *span) since(into *instrument.Tally) (gap bool) {
	for ; s != nil; s = s.next {
		into.Merge(&s.trades)
		gap = gap || s.gap
	}
	return gap
}
