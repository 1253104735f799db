package instrument

import (
	"encoding/binary"

	"outcry/internal/digest"
)

// turn gathers the canonical bytes of one change group, over which the rolling
// hash moves once; docs/decisions/0002-instrument-hash.md. It lives in Facts, so that
// one warm piece of memory serves all instruments.
type turn struct {
	bytes []byte // hash before, sections, number of tick bytes, tick bytes, the rest
	from  int    // the tick bytes before it are in a block already
	bars  []byte // versions of closed bars

	// Where things stood when the group began.
	closed, dirty, blocks int
	clock                 int64
	// What the group adds to the state's counts.
	duplicates, late, gaps uint64
}

// Sections of a change group, as bits; one that says nothing is left out.
const (
	sectionClock = 1 << iota
	sectionDuplicates
	sectionLate
	sectionGaps
	sectionClosed
	sectionDirty
	sectionBlocks
)

const turnHead = len(digest.Hash{}) + 1 + 4

func (f *folding) begin(now int64) {
	f.now = now
	t := &f.out.turn
	t.bytes = append(append(t.bytes[:0], f.hash[:]...), 0, 0, 0, 0, 0)
	t.from, t.bars = turnHead, t.bars[:0]
	t.closed, t.dirty, t.blocks = len(f.out.Closed), len(f.out.Dirty), len(f.out.Blocks)
	t.clock = f.clock
	t.duplicates, t.late, t.gaps = 0, 0, 0
}

// pending is the number of tick bytes that are in no block yet.
func (t *turn) pending() int { return len(t.bytes) - t.from }

// flush puts the tick bytes into their block.
func (t *turn) flush(b *block) {
	b.add(t.bytes[t.from:])
	t.from = len(t.bytes)
}

// end moves the rolling hash, unless nothing was decided.
func (f *folding) end() {
	t := &f.out.turn
	counted := t.duplicates|t.late|t.gaps != 0
	if !f.moved && !counted {
		return
	}
	if counted {
		f.counts.duplicates += t.duplicates
		f.counts.late += t.late
		f.counts.gaps += t.gaps
	}
	f.ingest = f.now
	t.flush(&f.block)
	binary.LittleEndian.PutUint32(t.bytes[turnHead-4:], uint32(len(t.bytes)-turnHead))
	t.number(sectionClock, uint64(f.clock-t.clock))
	t.number(sectionDuplicates, t.duplicates)
	t.number(sectionLate, t.late)
	t.number(sectionGaps, t.gaps)
	t.number(sectionClosed, uint64(len(f.out.Closed)-t.closed))
	t.bytes = append(t.bytes, t.bars...)
	dirty := f.out.Dirty[t.dirty:]
	t.number(sectionDirty, uint64(len(dirty)))
	for _, d := range dirty {
		t.bytes = binary.AppendVarint(append(t.bytes, byte(d.Resolution)), d.Time)
	}
	blocks := f.out.Blocks[t.blocks:]
	t.number(sectionBlocks, uint64(len(blocks)))
	for i := range blocks {
		t.bytes = binary.AppendUvarint(t.bytes, blocks[i].LastSeq)
	}
	f.hash = digest.Sum(t.bytes)
}

// number writes a section, or the start of one, that isn't zero.
func (t *turn) number(section byte, v uint64) {
	if v != 0 {
		t.bytes[turnHead-5] |= section
		t.bytes = binary.AppendUvarint(t.bytes, v)
	}
}
