package relay

import (
	"math/bits"
	"sync/atomic"
)

// Board is where one session is told at once what changed: a bit for each of its places,
// which are numbered from 0. Marks come from the actors; all else belongs to the session's turn.
type Board struct {
	owner Marked
	marks *Marks
	set   atomic.Bool // stands in marks
	pages []*boardPage
}

// boardPage has the bits of 64 places. Lists of watchers point to it, so it stays where it is.
type boardPage struct {
	board *Board
	bits  atomic.Uint64
	// placed is 1 + where each stands in the list of what it watches, guarded by that one's lock.
	placed [64]uint32
}

// watcher is one place of a board, in at most one list at a time: 16 bytes for each
// subscription that wants to be told at once.
type watcher struct {
	page *boardPage
	bit  uint8
}

// NewBoard makes a board whose marks go to m.
func NewBoard(owner Marked, m *Marks) Board { return Board{owner: owner, marks: m} }

// place gives a place of the board, which grows up to it.
func (b *Board) place(i int) watcher {
	for len(b.pages) <= i/64 {
		b.pages = append(b.pages, &boardPage{board: b})
	}
	return watcher{b.pages[i/64], uint8(i % 64)}
}

// Mark marks a place itself, without telling the owner.
func (b *Board) Mark(i int) {
	w := b.place(i)
	w.page.bits.Or(1 << w.bit)
}

// Next takes the mark away from the first marked place from one on, and says which
// that is. What changes from then on is marked again.
func (b *Board) Next(from int) (place int, ok bool) {
	for n := from / 64; n < len(b.pages); n++ {
		p := b.pages[n]
		marked := p.bits.Load()
		if n == from/64 {
			marked &= ^uint64(0) << (from % 64)
		}
		if marked != 0 {
			bit := bits.TrailingZeros64(marked)
			p.bits.And(^(uint64(1) << bit))
			return n*64 + bit, true
		}
	}
	return 0, false
}

// Any says whether some place is marked.
func (b *Board) Any() bool {
	for _, p := range b.pages {
		if p.bits.Load() != 0 {
			return true
		}
	}
	return false
}

// Count is how many places are marked.
func (b *Board) Count() (n int) {
	for _, p := range b.pages {
		n += bits.OnesCount64(p.bits.Load())
	}
	return n
}

// Clear forgets all places. None of them watches any more; a mark may still come, and is nobody's.
func (b *Board) Clear() { b.pages = nil }

func (w watcher) mark() {
	bit := uint64(1) << w.bit
	if w.page.bits.Load()&bit != 0 || w.page.bits.Or(bit)&bit != 0 {
		return // whoever marked it tells the board's owner
	}
	b := w.page.board
	if !b.set.Load() && b.set.CompareAndSwap(false, true) {
		b.marks.add(b)
	}
}

// watchers of one channel. Each knows its place, so that ten thousand leaving
// one instrument cost ten thousand steps; a list that was copied on each change
// took minutes for that.
type watchers []watcher

func (l *watchers) add(w watcher) {
	if w.page.placed[w.bit] == 0 {
		*l = append(*l, w)
		w.page.placed[w.bit] = uint32(len(*l))
	}
}

func (l *watchers) remove(w watcher) {
	placed := w.page.placed[w.bit]
	if placed == 0 {
		return
	}
	all, at, last := *l, placed-1, len(*l)-1
	moved := all[last]
	all[at] = moved
	moved.page.placed[moved.bit] = placed
	all[last] = watcher{}
	*l = all[:last]
	w.page.placed[w.bit] = 0
}

func (l watchers) mark() {
	for _, w := range l {
		w.mark()
	}
}
