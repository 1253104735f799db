package binance

import (
	"sync"
	"sync/atomic"
	"time"
)

// Status is how a feed stands. Counts are since it began.
type Status struct {
	// Connections that there should be, and those over which messages come.
	Connections, Live int
	// Received inputs, and what the server's actors decided on them.
	Received, Accepted, Duplicates, Late, Refused uint64
	// Repeated messages were dropped here; Ignored ones have no place yet; Unreadable ones are damaged.
	Repeated, Ignored, Unreadable uint64
	// Reconnects after a loss or silence, Renewals before the exchange's own cut.
	Reconnects, Renewals uint64
	// Filled trades were fetched afterwards; Missing ones are in Gaps.
	Filled, Gaps, Missing uint64
	// Newest is when the newest message came.
	Newest time.Time
	// Behind is how long the oldest input that is not durable yet has waited; Queued is how many do.
	Behind time.Duration
	Queued int
	// Trouble is why the server does not take inputs; empty: it does.
	Trouble string
}

// State in one word: connecting, behind, live.
func (s Status) State() string {
	switch {
	case s.Live < s.Connections || s.Connections == 0:
		return "connecting"
	case s.Trouble != "" || s.Behind > behindMost:
		return "behind"
	}
	return "live"
}

// behindMost is how long an input may wait before the feed counts as behind.
const behindMost = 5 * time.Second

// Notice is something that people want to know when it happens.
type Notice struct {
	// Kind: connected, lost, stale, renewed, gap, filled, refused, unreadable, unchecked, wrong, waiting, server.
	Kind string
	// Instrument that it is about, if it is one.
	Instrument string
	// From and To are the ids of trades of a gap.
	From, To uint64
	Text     string
}

// counters are written by all goroutines of a feed.
type counters struct {
	received, accepted, duplicates, late, refused atomic.Uint64
	repeated, ignored, unreadable                 atomic.Uint64
	reconnects, renewals, filled, gaps, missing   atomic.Uint64
	live                                          atomic.Int64
	newest, oldest                                atomic.Int64 // ns; 0: none
	trouble                                       struct {
		sync.Mutex
		text string
	}
}

func (c *counters) troubled(text string) {
	c.trouble.Lock()
	defer c.trouble.Unlock()
	c.trouble.text = text
}

// Status from any goroutine.
func (f *Feed) Status() Status {
	c := &f.counters
	s := Status{Connections: len(f.plans), Live: int(c.live.Load()), Received: c.received.Load(), Accepted: c.accepted.Load(), Duplicates: c.duplicates.Load(),
		Late: c.late.Load(), Refused: c.refused.Load(), Repeated: c.repeated.Load(), Ignored: c.ignored.Load(),
		Unreadable: c.unreadable.Load(), Reconnects: c.reconnects.Load(), Renewals: c.renewals.Load(),
		Filled: c.filled.Load(), Gaps: c.gaps.Load(), Missing: c.missing.Load(), Queued: len(f.queue)}
	if n := c.newest.Load(); n != 0 {
		s.Newest = time.Unix(0, n)
	}
	if n := c.oldest.Load(); n != 0 {
		s.Behind = time.Since(time.Unix(0, n))
	}
	c.trouble.Lock()
	defer c.trouble.Unlock()
	s.Trouble = c.trouble.text
	return s
}
