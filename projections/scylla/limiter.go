package scylla

import (
	"context"
	"sync"
)

// limiter bounds how many writes are under way, by what the cluster bears:
// each answer in time lets a little more through (one more after as many
// answers as the limit), a late or failed one half as many.
type limiter struct {
	mu      sync.Mutex
	limit   float64
	most    float64
	running int
	started uint64        // writes, ever
	cutAt   uint64        // started at the last cut: what began before is no news
	freed   chan struct{} // closed and replaced when there may be room
}

func newLimiter(most int) *limiter {
	return &limiter{limit: min(float64(most), 32), most: float64(most), freed: make(chan struct{})}
}

// acquire waits for room; the ticket goes to release.
func (l *limiter) acquire(ctx context.Context) (ticket uint64, err error) {
	for {
		l.mu.Lock()
		if float64(l.running) < l.limit {
			l.running++
			l.started++
			ticket = l.started
			l.mu.Unlock()
			return ticket, nil
		}
		freed := l.freed
		l.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func (l *limiter) release(ticket uint64, good bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	switch {
	case good:
		l.limit = min(l.limit+1/l.limit, l.most)
	case ticket > l.cutAt: // one cut for all that failed together
		l.limit = max(l.limit/2, 1)
		l.cutAt = l.started
	}
	close(l.freed)
	l.freed = make(chan struct{})
}

func (l *limiter) now() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit
}
