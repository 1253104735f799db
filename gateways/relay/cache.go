package relay

import (
	"sync"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
)

// cache holds the bodies of the versions that were read, and what sessions have still to
// be told. Its lock is held while a version is encoded; the actors never take it.
type cache struct {
	sync.Mutex
	// What is shown: the entry as it was when somebody first asked for its newest version.
	view     instrument.View
	stale    wire.Staleness
	versions [wire.Slots]uint64
	spans    spans                                 // up to it
	traded   uint64                                // version of the quote that came with the newest trade
	frames   [wire.Encodings]*[wire.Slots][2]frame // nil before the encoding is asked for: most entries are read in one
	merged   [wire.Encodings]merged
	trades   instrument.Tally // scratch
}

// frame is what a version says by itself: as it is sent, and without its head, for
// sessions that are told more.
type frame struct {
	version     uint64
	whole, body []byte
}

// merged is the newest merged part that was encoded: sessions that stood at the same
// version share it, as all do that take every version at once.
type merged struct {
	from, to uint64
	bytes    []byte
}

// append is Place's Append, without its book.
func (in *Instrument) append(dst []byte, e wire.Encoding, p *Place) []byte {
	c, s := &in.cache, p.Slot()
	c.Lock()
	defer c.Unlock()
	if c.versions[s] != in.Version(s) {
		in.refresh()
	}
	f := c.frame(e, s, p.version == 0)
	if told := c.told(e, s, p); len(told) > 0 {
		dst = e.Update(dst, f.body, told)
	} else {
		dst = append(dst, f.whole...)
	}
	if s == wire.Quote && p.version < max(c.traded, 1) {
		c.move(p)
	}
	p.version = c.versions[s]
	return dst
}

// refresh takes over the newest version, with the cache's lock held.
func (in *Instrument) refresh() {
	c := &in.cache
	in.mu.Lock()
	defer in.mu.Unlock()
	c.view, c.stale = in.mu.view, in.mu.stale
	for i := range c.versions {
		c.versions[i] = in.Version(wire.Slot(i))
	}
	if in.mu.gap || !in.mu.trades.Empty() {
		c.traded = c.versions[wire.Quote]
		c.spans.add(&in.mu.trades, in.mu.gap)
		in.mu.trades.Reset()
		in.mu.gap = false
	}
}

func (c *cache) frame(e wire.Encoding, s wire.Slot, snapshot bool) *frame {
	kind := 0
	if snapshot {
		kind = 1
	}
	if c.frames[e] == nil {
		c.frames[e] = new([wire.Slots][2]frame)
	}
	f := &c.frames[e][s][kind]
	if f.version != c.versions[s] {
		f.version = c.versions[s]
		f.body = e.UpdateBody(f.body[:0], &wire.Update{Slot: s, Snapshot: snapshot, Stale: c.stale, View: &c.view})
		f.whole = e.Update(f.whole[:0], f.body, nil)
	}
	return f
}

// told is what lies between a place and the newest version; nothing where the version says it by itself.
func (c *cache) told(e wire.Encoding, s wire.Slot, p *Place) []byte {
	if p.version == 0 {
		return nil
	}
	from, to := p.version, c.versions[s]
	told := wire.Merged{Events: eventsOf(s, to) - eventsOf(s, from)}
	traded := s == wire.Quote && from < c.traded
	if !traded && told.Events <= 1 {
		return nil
	}
	m := &c.merged[e]
	if traded && m.from == from && m.to == to {
		return m.bytes
	}
	m.from, m.to = 0, 0
	if traded {
		m.from, m.to = from, to
		c.trades.Reset()
		told.Gap, told.Trades = c.spans.since(p.span, &c.trades), &c.trades
	}
	m.bytes = e.MergedPart(m.bytes[:0], &told)
	return m.bytes
}

// move places a session behind the newest trade.
func (c *cache) move(p *Place) {
	before := p.span
	p.span = c.spans.enter()
	if before != 0 {
		c.spans.leave(before)
	}
}
