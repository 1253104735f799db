package ws

import "sync"

// lot is where connections wait for bytes without a goroutine: a set of the
// kernel's (Linux) that says when something came of one. It has a place while there is
// a connection that can wait so: a socket. Where the place is full, or there is no
// such thing, connections keep their goroutine.
type lot struct {
	group *sync.WaitGroup
	mu    struct {
		sync.Mutex
		place *place
		last  uint64 // ids are of our own: the kernel gives out descriptors again
		in    map[uint64]*connection
	}
}

// place has a goroutine that watches the set, and a few that read.
type place struct {
	set  *readiness
	crew *crew
}

// enter gives a connection its place, if it can have one.
func (l *lot) enter(c *connection) {
	if !parks(c.conn) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.place == nil && !l.open() {
		return
	}
	l.mu.last++
	c.id, c.place = l.mu.last, l.mu.place
	l.mu.in[c.id] = c
}

// open is called with the lock held.
func (l *lot) open() bool {
	set, err := newReadiness()
	if err != nil {
		return false
	}
	l.mu.place, l.mu.in = &place{set, newCrew(l.group)}, map[uint64]*connection{}
	l.group.Go(func() { set.watch(l.woken) })
	return true
}

// leave is called when the connection is closed.
func (l *lot) leave(c *connection) {
	if c.place == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.in, c.id)
	if len(l.mu.in) == 0 {
		c.place.set.close()
		c.place.crew.dismiss()
		l.mu.place, l.mu.in = nil, nil
	}
}

// woken is told of each connection that can be read. One that has left meanwhile is nobody's.
func (l *lot) woken(id uint64) {
	l.mu.Lock()
	c := l.mu.in[id]
	l.mu.Unlock()
	if c != nil {
		c.wake()
	}
}
