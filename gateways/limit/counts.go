package limit

import "sync"

// Counts bounds how many of each key there are at a time.
type Counts[K comparable] struct {
	most int
	mu   struct {
		sync.Mutex
		n map[K]int
	}
}

// NewCounts allows so many of each key; 0 is no bound.
func NewCounts[K comparable](most int) *Counts[K] {
	c := &Counts[K]{most: most}
	c.mu.n = map[K]int{}
	return c
}

// Enter counts one more, if there may be. Each that entered is to Leave once.
func (c *Counts[K]) Enter(key K) bool {
	if c == nil || c.most <= 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.n[key] >= c.most {
		return false
	}
	c.mu.n[key]++
	return true
}

// Leave counts one less.
func (c *Counts[K]) Leave(key K) {
	if c == nil || c.most <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.n[key]--; c.mu.n[key] <= 0 {
		delete(c.mu.n, key)
	}
}
