package relay

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// What nobody watches must leave, or a node's memory holds whatever was ever looked at;
// what somebody watches must stay, or the prices stand still.
func TestWhatNobodyUsesLeavesAfterItsTime(t *testing.T) {
	f := newTestFloor()
	r := New(Config{Floor: f, Linger: time.Minute})
	used, left := watched(t, r, "USED"), watched(t, r, "LEFT")
	room, err := r.Room("lobby")
	if err != nil {
		t.Fatal(err)
	}
	left.Release()
	room.Release()
	wantSize(t, r, f, 2, 1)
	r.sweep(time.Now().Add(30 * time.Second))
	wantSize(t, r, f, 2, 1)
	if again := watched(t, r, "LEFT"); again != left {
		t.Error("an instrument that lingers was attached again")
	}
	left.Release()
	r.sweep(time.Now().Add(2 * time.Minute))
	wantSize(t, r, f, 1, 0)
	used.Release()
	r.sweep(time.Now().Add(4 * time.Minute))
	wantSize(t, r, f, 0, 0)
}

// Made-up ids would fill the relay, and keep out those that exist.
func TestUnknownIdsLeaveNothingBehind(t *testing.T) {
	f := newTestFloor()
	r := New(Config{Floor: f})
	in := watched(t, r, "NONE")
	room, err := r.Room("NONE")
	if err != nil || in.State() != Unknown || room.State() != Unknown {
		t.Fatal(err, in.State(), room.State())
	}
	in.Release()
	room.Release()
	wantSize(t, r, f, 0, 0)
}

// The bound of entries is what keeps a greedy client from taking the node's memory.
func TestMoreThanEntriesAreRefusedUntilOneLeaves(t *testing.T) {
	f := newTestFloor()
	r := New(Config{Floor: f, Entries: 2, Linger: time.Second})
	a := watched(t, r, "A")
	if _, err := r.Room("B"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Instrument("C", 0); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if _, err := r.Room("C"); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	watched(t, r, "A") // which is there
	a.Release()
	a.Release()
	r.sweep(time.Now().Add(time.Minute))
	watched(t, r, "C")
	wantSize(t, r, f, 1, 1)
}

// A floor that still tells a stopped relay holds its memory for ever.
func TestTheEndOfRunDetachesEverything(t *testing.T) {
	f := newTestFloor()
	r := New(Config{Floor: f})
	watched(t, r, "A")
	if _, err := r.Room("lobby"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := r.Run(ctx, func() {}); err != nil {
		t.Fatal(err)
	}
	wantSize(t, r, f, 0, 0)
}

// A price that is old must not look like one of now, and one that came must not look old.
func TestASilentInstrumentBecomesStaleAndLiveAgain(t *testing.T) {
	f := newTestFloor()
	r := New(Config{Floor: f, StaleAfter: 10 * time.Second})
	r.now.Store(ingest)
	in := watched(t, r, "A")
	isStale := func() bool { return strings.Contains(shown(in), "STALE_REASON_FEED") }
	r.sweep(time.Unix(0, ingest).Add(10 * time.Second))
	before := in.Version(0)
	if isStale() {
		t.Error("stale at its time")
	}
	r.sweep(time.Unix(0, ingest).Add(11 * time.Second))
	if !isStale() || in.Version(0) != before+1 {
		t.Error("not stale after its time, or not told")
	}
	r.sweep(time.Unix(0, ingest).Add(12 * time.Second))
	if in.Version(0) != before+1 {
		t.Error("told twice")
	}
	late := viewOf("A", 2)
	late.IngestTime = ingest + int64(12*time.Second)
	f.sinks["A"].ChangeInstrument(late, noFacts)
	if isStale() {
		t.Error("still stale after an event")
	}
}
