package reads

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Breaks for users: while the store is behind, a question fails as if the
// client had been too slow, and says nothing of asking again.
func TestRowsThatDoNotComeAreTheStoresTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func() (bool, error) { return false, nil }
		began := time.Now()
		if err := await(t.Context(), never); !errors.Is(err, ErrCatchingUp) || time.Since(began) != lookMost {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := await(ctx, never); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrCatchingUp) {
			t.Errorf("a caller who waits a second: %v", err)
		}
		looks := 0
		if err := await(t.Context(), func() (bool, error) { looks++; return looks == 3, nil }); err != nil || looks != 3 {
			t.Errorf("rows that came: %v after %d looks", err, looks)
		}
	})
}
