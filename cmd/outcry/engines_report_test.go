package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
// soak wants, going on where its results say that it was.
type faultRounds struct {
	t    *testing.T
	file string // of results, without its ending; empty in the short form
	rows map[string][]faultRow
}

const soakRounds = 20

func newFaultRounds(t *testing.T, name string) *faultRounds {
	r := &faultRounds{t: t, rows: map[string][]faultRow{}}
	if !soak {
		return r
	}
	dir := os.Getenv("OUTCRY_SOAK_DIR")
	if dir == "" {
		t.Fatal("OUTCRY_SOAK_DIR is needed: where results are kept, so that a soak goes on where it was")
	}
	r.file = filepath.Join(dir, name)
	text, err := os.ReadFile(r.file + ".json")
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

// wanted is up to which round this run goes: OUTCRY_SOAK_ROUNDS further ones, where it is set.
func (r *faultRounds) wanted(faults []fault) int {
	if !soak {
		return 1
	}
	further, err := strconv.Atoi(cmp.Or(os.Getenv("OUTCRY_SOAK_ROUNDS"), strconv.Itoa(soakRounds)))
	if err != nil {
		r.t.Fatal(err)
	}
	done := soakRounds
	for _, f := range faults {
		done = min(done, r.have(f.name))
	}
	return min(done+further, soakRounds)
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
		err = errors.Join(os.MkdirAll(filepath.Dir(r.file), 0o755), os.WriteFile(r.file+".json", text, 0o644),
			os.WriteFile(r.file+".md", r.page(), 0o644))
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// page is the table for people: medians, and what was worst.
func (r *faultRounds) page() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Faults of the %s\n\nMade by `make soak`; each row passed its checks (nothing acknowledged lost or doubled, rows and hashes as the oracle's).\n\n", filepath.Base(r.file))
	b.WriteString("| fault | times | p99 of pushes before, ms | during ÷ before | worst | caught up after its end, s | worst | requests, posts sent again |\n|---|---|---|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(r.rows)) {
		var before, ratio, late []float64
		requests, resent, posts := int64(0), 0, 0
		for _, row := range r.rows[name] {
			before, ratio = append(before, row.Before.P99), append(ratio, row.During.P99/row.Before.P99)
			late = append(late, (row.CaughtUp - row.Healed).Seconds())
			requests, resent, posts = requests+row.Resent, resent+row.PostsResent, posts+row.Posts
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.2f | %.2f | %.1f | %.1f | %d, %d of %d |\n", name, len(before),
			median(before), median(ratio), slices.Max(ratio), median(late), slices.Max(late), requests, resent, posts)
	}
	return b.Bytes()
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

func contextWithin(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
