package relay

import (
	"sync/atomic"

	"outcry/gateways/relay/wire"
)

// slabSize is how many entries' versions stand in a row: 4 KB.
const slabSize = 128

// slab keeps the versions of entries close together: sessions compare hundreds in a
// row without a lock, and entries lie kilobytes apart. A seat is given once: its memory goes with the
// last entry of the slab.
type slab struct {
	versions [slabSize][wire.Slots]atomic.Uint64
	of       [slabSize]*Instrument
}

// slabs gives out seats; the relay's lock guards it.
type slabs struct {
	newest *slab
	taken  int
}

// seat places an entry that nobody knows yet.
func (s *slabs) seat(in *Instrument) {
	if s.newest == nil || s.taken == slabSize {
		s.newest, s.taken = new(slab), 0
	}
	in.slab, in.at = s.newest, uint8(s.taken)
	s.newest.of[s.taken] = in
	s.taken++
}
