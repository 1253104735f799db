package relay

import (
	"sync"
	"sync/atomic"
)

// Marked is who wants to know at once. Marked is called by whoever takes the
// marks, in its own turn: never by the actors.
type Marked interface{ Marked() }

// Watch is one wish to be told at once, in at most one list of an entry at a
// time. It must stay where it is while it watches.
type Watch struct {
	owner  Marked
	marks  *Marks
	set    atomic.Bool
	placed int // 1 + its place in the list; guarded by the entry's lock
}

// NewWatch makes a watch whose marks go to m.
func NewWatch(owner Marked, m *Marks) Watch { return Watch{owner: owner, marks: m} }

// Marks gathers the watches that something happened to; one for each pump.
// A watch stands in it at most once, so it is bounded by the watches. Safe for many goroutines.
type Marks struct {
	mu struct {
		sync.Mutex
		list []*Watch
	}
	any atomic.Bool
}

// Any says whether something is marked.
func (m *Marks) Any() bool { return m.any.Load() }

// Take calls Marked for everything that was marked since, and unmarks it
// first, so that a change under way marks again. scratch is reused and given back.
func (m *Marks) Take(scratch []*Watch) []*Watch {
	m.mu.Lock()
	m.any.Store(false)
	taken := m.mu.list
	m.mu.list = scratch[:0]
	m.mu.Unlock()
	for i, w := range taken {
		w.set.Store(false)
		w.owner.Marked()
		taken[i] = nil
	}
	return taken
}

func (w *Watch) mark() {
	if w.set.Load() || !w.set.CompareAndSwap(false, true) {
		return
	}
	m := w.marks
	m.mu.Lock()
	m.mu.list = append(m.mu.list, w)
	m.any.Store(true)
	m.mu.Unlock()
}

// watchers of one channel. Each knows its place, so that ten thousand leaving
// one instrument cost ten thousand steps; a list that was copied on each change
// took minutes for that.
type watchers []*Watch

func (l *watchers) add(w *Watch) {
	if w.placed == 0 {
		*l = append(*l, w)
		w.placed = len(*l)
	}
}

func (l *watchers) remove(w *Watch) {
	if w.placed == 0 {
		return
	}
	all, at, last := *l, w.placed-1, len(*l)-1
	all[at] = all[last]
	all[at].placed = at + 1
	all[last] = nil
	*l, w.placed = all[:last], 0
}

func (l watchers) mark() {
	for _, w := range l {
		w.mark()
	}
}
