package relay

import (
	"sync"
	"sync/atomic"
)

// Marked is who wants to know at once. Marked is called by whoever takes the
// marks, in its own turn: never by the actors.
type Marked interface{ Marked() }

// Marks gathers the boards on which something was marked; one for each pump.
// A board stands in it at most once. Safe for many goroutines.
type Marks struct {
	mu struct {
		sync.Mutex
		list []*Board
	}
	any atomic.Bool
}

// Any says whether something is marked.
func (m *Marks) Any() bool { return m.any.Load() }

// Take calls Marked for every board on which something was marked since, and forgets it
// first, so that a change under way marks again. scratch is reused and given back.
func (m *Marks) Take(scratch []*Board) []*Board {
	m.mu.Lock()
	m.any.Store(false)
	taken := m.mu.list
	m.mu.list = scratch[:0]
	m.mu.Unlock()
	for i, b := range taken {
		b.set.Store(false)
		b.owner.Marked()
		taken[i] = nil
	}
	return taken
}

func (m *Marks) add(b *Board) {
	m.mu.Lock()
	m.mu.list = append(m.mu.list, b)
	m.any.Store(true)
	m.mu.Unlock()
}
