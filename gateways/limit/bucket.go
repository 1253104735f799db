package limit

import (
	"time"

	"golang.org/x/time/rate"
)

// BurstSeconds is how many seconds' worth may come at once.
const BurstSeconds = 5

// Bucket lets so many things a second through. The zero value lets everything through.
type Bucket struct{ limiter *rate.Limiter }

// NewBucket lets perSecond things through, and BurstSeconds times as many at once; 0 is no bound.
func NewBucket(perSecond int) Bucket {
	if perSecond <= 0 {
		return Bucket{}
	}
	return Bucket{rate.NewLimiter(rate.Limit(perSecond), BurstSeconds*perSecond)}
}

// Take takes n things and gives 0; where so many are not there it takes none,
// and says after what time they will be. More than a burst counts as a burst.
func (b Bucket) Take(now time.Time, n int) (wait time.Duration) {
	if b.limiter == nil {
		return 0
	}
	r := b.limiter.ReserveN(now, min(n, b.limiter.Burst()))
	wait = r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// full says that nothing was taken that has not come again.
func (b Bucket) full(now time.Time) bool {
	return b.limiter == nil || b.limiter.TokensAt(now) >= float64(b.limiter.Burst())
}
