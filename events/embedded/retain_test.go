package embedded_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

func segmentsOf(t testing.TB, fs *faultfs.FS) (n int) {
	t.Helper()
	for _, name := range files(t, fs) {
		if strings.HasSuffix(name, ".seg") {
			n++
		}
	}
	return n
}

func fill(t testing.TB, log *embedded.Log, partition int32, records int) {
	t.Helper()
	for range records {
		mustPublish(t, log, events.Room, partition, strings.Repeat("r", 500))
	}
}

// Breaks for users: records that a shard needs for its next start would be
// removed, or none ever, until the disk is full.
func TestRetentionRemovesOnlyWhatEveryPartitionGaveUp(t *testing.T) {
	fs := faultfs.New()
	c := small(fs)
	c.KeepBytes = 5000
	removed := make(chan string, 100)
	c.Observer.Removed = func(segment string) { removed <- segment }
	log := mustOpen(t, dir, c)
	fill(t, log, 0, 10)
	fill(t, log, 1, 40)
	if before := segmentsOf(t, fs); before < 5 {
		t.Fatalf("%d segments", before)
	}
	log.Retain(at(events.Room, 1, 40))
	log.Retain(at(events.Room, 7, 40)) // no such partition
	fill(t, log, 1, 1)
	if first, _, err := log.Bounds(events.Room, 0); err != nil || first != 0 || len(removed) > 0 {
		t.Fatalf("partition 0 gave up nothing, and begins at %d (%v); removed were %d segments", first, err, len(removed))
	}
	log.Retain(at(events.Room, 0, 10))
	<-removed
	fill(t, log, 1, 1) // the committer has done with the removal
	if n := segmentsOf(t, fs); n > 4 {
		t.Errorf("%d segments are left of 4 KiB each, 5,000 bytes are to be kept", n)
	}
	first, next, err := log.Bounds(events.Room, 1)
	if err != nil || first == 0 || first > 40 || next != 42 {
		t.Errorf("partition 1 has %d to %d (%v)", first, next, err)
	}
	_, err = log.Subscriber(at(events.Room, 1, first-1)).Subscribe(t.Context(), events.Room.Topic())
	var gone *embedded.GoneError
	if !errors.Is(err, embedded.ErrGone) || !errors.As(err, &gone) || gone.First != first || gone.Asked.Offset != first-1 {
		t.Errorf("starting before the first: %v, want ErrGone with both positions", err)
	}
	mustClose(t, log)
	again := mustOpen(t, dir, c)
	if f, n, err := again.Bounds(events.Room, 1); err != nil || f != first || n != next {
		t.Errorf("after the start partition 1 has %d to %d (%v), before %d to %d", f, n, err, first, next)
	}
}

// Breaks for users: a log that keeps a week would keep everything, or an hour.
func TestRetentionByAge(t *testing.T) {
	fs := faultfs.New()
	c := small(fs)
	var now atomic.Int64
	c.KeepAge = time.Hour
	c.Now = now.Load
	removed := make(chan string, 100)
	c.Observer.Removed = func(segment string) { removed <- segment }
	log := mustOpen(t, dir, c)
	fill(t, log, 0, 20)
	now.Add(int64(time.Hour))
	fill(t, log, 0, 20)
	log.Retain(at(events.Room, 0, 40))
	fill(t, log, 0, 1)
	if len(removed) > 0 {
		t.Fatalf("%d segments were removed within the hour", len(removed))
	}
	now.Add(int64(time.Minute))
	log.Retain(at(events.Room, 0, 41))
	fill(t, log, 0, 1)
	if first, _, err := log.Bounds(events.Room, 0); err != nil || first == 0 || first > 20 {
		t.Errorf("the log begins at %d (%v), want what is younger than an hour", first, err)
	}
}

// Breaks for users: everything is kept unless they say otherwise, and it would not be.
func TestWithoutABoundEverythingIsKept(t *testing.T) {
	fs := faultfs.New()
	log := mustOpen(t, dir, small(fs))
	fill(t, log, 0, 30)
	log.Retain(at(events.Room, 0, 30))
	fill(t, log, 0, 10)
	if first, _, err := log.Bounds(events.Room, 0); err != nil || first != 0 {
		t.Errorf("the log begins at %d (%v)", first, err)
	}
}

// Breaks for users: a reader on the way through removed segments would end the
// log, or hang.
func TestAReaderOvertakenByRetentionIsTold(t *testing.T) {
	fs := faultfs.New()
	c := small(fs)
	c.KeepBytes, c.TailBytes = 1, 1
	removed := make(chan string, 1000)
	c.Observer.Removed = func(segment string) { removed <- segment }
	log := mustOpen(t, dir, c)
	fill(t, log, 0, 2000) // more than what a subscription takes ahead
	messages, err := log.Subscriber(at(events.Room, 0, 0)).Subscribe(t.Context(), events.Room.Topic())
	if err != nil {
		t.Fatal(err)
	}
	first := <-messages
	log.Retain(at(events.Room, 0, 2000))
	<-removed
	fill(t, log, 0, 1)
	first.Ack()
	n := int64(0)
	for m := range messages {
		n = events.PositionOf(m).Offset
		m.Ack()
	}
	if log.Err() != nil || n >= 1999 {
		t.Errorf("the reader got to offset %d, the log says %v", n, log.Err())
	}
	if _, err := log.Subscriber(at(events.Room, 0, n)).Subscribe(t.Context(), events.Room.Topic()); !errors.Is(err, embedded.ErrGone) {
		t.Errorf("going on at %s: %v, want ErrGone", fmt.Sprint(n), err)
	}
}
