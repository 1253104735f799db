package relay

import (
	"sync/atomic"

	"outcry/gateways/relay/wire"
)

// line is what sessions compare of one entry, hundreds in a row and without a lock.
type line struct {
	versions [wire.Slots]atomic.Uint64
	in       *Instrument
}

// slabs keep the lines of entries close together, 4 KB a slab: entries themselves lie
// kilobytes apart. A line is given once: its memory goes with the last entry of its slab. The relay's lock guards them.
type slabs struct {
	newest []line
}

const slabLines = 102

// line places an entry that nobody knows yet.
func (s *slabs) line(in *Instrument) *line {
	if len(s.newest) == 0 {
		s.newest = make([]line, slabLines)
	}
	l := &s.newest[0]
	l.in, s.newest = in, s.newest[1:]
	return l
}
