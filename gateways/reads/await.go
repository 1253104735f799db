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

// await looks until written says yes, five seconds at most.
func await(ctx context.Context, written func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, lookMost)
	defer cancel()
	for {
		done, err := written()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for rows to be written: %w", ctx.Err())
		case <-time.After(lookEvery):
		}
	}
}
