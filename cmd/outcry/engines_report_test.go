package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"outcry/bench/path"
)

// faultRow is what was measured around one fault.
type faultRow struct {
	Before, During, After path.Latency  // of pushes, ms
	Healed, CaughtUp      time.Duration // since the fault began
	Resent                int64         // requests of the tape
	Posts, PostsResent    int
}

func (r faultRow) String() string {
	return fmt.Sprintf("p99 of pushes %.1f ms before, %.1f during, %.1f after; healed after %s, caught up after %s; %d requests and %d posts of %d sent again",
		r.Before.P99, r.During.P99, r.After.P99, r.Healed.Round(time.Millisecond), r.CaughtUp.Round(time.Millisecond), r.Resent, r.PostsResent, r.Posts)
}

// faultRounds repeats the faults: once, or with OUTCRY_SOAK as often as make
// soak wants, going on where its file of results says that it was.
type faultRounds struct {
	t    *testing.T
	file string
	rows map[string][]faultRow
}

const soakRounds = 20

func newFaultRounds(t *testing.T) *faultRounds {
	r := &faultRounds{t: t, rows: map[string][]faultRow{}}
	if !soak {
		return r
	}
	if r.file = os.Getenv("OUTCRY_SOAK_FILE"); r.file == "" {
		t.Fatal("OUTCRY_SOAK_FILE is needed: where results are kept, so that a soak goes on where it was")
	}
	text, err := os.ReadFile(r.file)
	if errors.Is(err, fs.ErrNotExist) {
		return r
	}
	if err == nil {
		err = json.Unmarshal(text, &r.rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *faultRounds) wanted() int {
	if soak {
		return soakRounds
	}
	return 1
}

func (r *faultRounds) have(fault string) int { return len(r.rows[fault]) }

// add keeps what was measured, unless the fault's test failed.
func (r *faultRounds) add(fault string, row faultRow) {
	if r.t.Failed() {
		return
	}
	r.rows[fault] = append(r.rows[fault], row)
	if r.file == "" {
		return
	}
	text, err := json.MarshalIndent(r.rows, "", " ")
	if err == nil {
		err = os.WriteFile(r.file, text, 0o644)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func contextWithin(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
