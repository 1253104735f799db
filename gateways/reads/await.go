package reads

import (
	"context"
	"fmt"
	"time"
)

// Rows are at most a second behind the fold. A read that needs rows which the
// actors no longer keep waits for them: dense numbers tell whether they are there.
const (
	lookEvery = 20 * time.Millisecond
	lookMost  = 5 * time.Second
)

// await looks until written says yes. Five seconds later the store is behind,
// which is its state and no failure of the caller's.
func await(ctx context.Context, written func() (bool, error)) error {
	end := time.After(lookMost)
	for {
		done, err := written()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return fmt.Errorf("%w: the store has waiting rows", ErrCatchingUp)
		case <-time.After(lookEvery):
		}
	}
}
