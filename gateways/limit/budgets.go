package limit

import (
	"sync"
	"time"
)

// Budgets has a Bucket for each key (a user, say), which outlives the key's connections.
type Budgets[K comparable] struct {
	perSecond, most int

	mu struct {
		sync.Mutex
		buckets map[K]Bucket
		sweepAt int       // how many buckets there are when the full ones are dropped
		restTo  time.Time // nor before it
	}
}

// leastSweep is from how many keys on full buckets are looked for.
const leastSweep = 1024

// NewBudgets lets perSecond things through for each key; 0 is no bound. At most
// so many keys are remembered whose budget is not full.
func NewBudgets[K comparable](perSecond, most int) *Budgets[K] {
	b := &Budgets[K]{perSecond: perSecond, most: most}
	b.mu.buckets, b.mu.sweepAt = map[K]Bucket{}, min(leastSweep, most)
	return b
}

// Take is Bucket.Take of that key. Where too many keys are remembered a new one has to wait a second.
func (b *Budgets[K]) Take(key K, now time.Time, n int) (wait time.Duration) {
	if b == nil || b.perSecond <= 0 {
		return 0
	}
	bucket, ok := b.bucket(key, now)
	if !ok {
		return time.Second
	}
	return bucket.Take(now, n)
}

func (b *Budgets[K]) bucket(key K, now time.Time) (Bucket, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, ok := b.mu.buckets[key]
	if ok {
		return bucket, true
	}
	if len(b.mu.buckets) >= b.mu.sweepAt && !now.Before(b.mu.restTo) {
		b.sweep(now)
	}
	if len(b.mu.buckets) >= b.most {
		return Bucket{}, false
	}
	bucket = NewBucket(b.perSecond)
	b.mu.buckets[key] = bucket
	return bucket, true
}

// sweep drops full buckets: a new one is the same. It is done again when there
// are twice as many, and not within a second, so that a flood of keys does not pay
// for all of them each time.
func (b *Budgets[K]) sweep(now time.Time) {
	for key, bucket := range b.mu.buckets {
		if bucket.full(now) {
			delete(b.mu.buckets, key)
		}
	}
	b.mu.sweepAt = min(max(leastSweep, 2*len(b.mu.buckets)), b.most)
	b.mu.restTo = now.Add(time.Second)
}
