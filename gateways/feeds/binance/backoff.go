package binance

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	backoffFirst = 500 * time.Millisecond
	backoffMost  = 30 * time.Second
)

// backoff is how long to wait after so many tries that failed: random, so that
// what was cut at once does not come back at once, of a window that doubles.
func backoff(tries int) time.Duration {
	window := min(backoffFirst<<min(tries, 10), backoffMost)
	return window/2 + rand.N(window/2)
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
