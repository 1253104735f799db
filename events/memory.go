package events

import (
	"sync"
	"sync/atomic"
)

// memory counts the bytes of what is gathered and not yet durable.
type memory struct {
	limit int64
	used  atomic.Int64

	mu    sync.Mutex
	freed chan struct{} // nil while nobody waits; closed when memory comes back
}

// try takes n bytes if there is room for them.
func (m *memory) try(n int) bool {
	for {
		used := m.used.Load()
		if used+int64(n) > m.limit {
			return false
		}
		if m.used.CompareAndSwap(used, used+int64(n)) {
			return true
		}
	}
}

// wait gives a channel that closes when memory comes back. Who got it must
// try once more before waiting: what came back earlier does not close it.
func (m *memory) wait() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.freed == nil {
		m.freed = make(chan struct{})
	}
	return m.freed
}

// give returns n bytes and wakes everyone who waits for some.
func (m *memory) give(n int) {
	m.used.Add(-int64(n))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.freed != nil {
		close(m.freed)
		m.freed = nil
	}
}
