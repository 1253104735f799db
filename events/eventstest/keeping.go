package eventstest

import (
	"fmt"
	"sync"
	"testing"

	"outcry/events"
	"outcry/internal/digest"
)

// Breaks for users: two shards of the same log would tell different stories,
// or what was acknowledged would be missing from both.
func manyPublishers(t *testing.T, env Env) {
	const publishers, each, partitions = 8, 150, 2
	var wg sync.WaitGroup
	errs := make(chan error, publishers+2*partitions)
	var readers [partitions][2][]string
	for p := range int32(partitions) {
		for r := range 2 {
			messages := subscribe(t, env.Log, position(events.Instrument, p, 0))
			wg.Go(func() {
				for range publishers * each / partitions {
					m, err := take(messages)
					if err != nil {
						errs <- err
						return
					}
					readers[p][r] = append(readers[p][r], fmt.Sprint(events.PositionOf(m), " ", string(m.Payload)))
				}
			})
		}
	}
	var acknowledged sync.Map
	for n := range publishers {
		wg.Go(func() {
			for i := range each {
				m := events.NewMessage(events.Instrument, int32(n%partitions), fmt.Appendf(nil, "%d of %d", i, n))
				if err := env.Log.Publish(events.Instrument.Topic(), m); err != nil {
					errs <- err
					return
				}
				acknowledged.Store(fmt.Sprint(events.PositionOf(m), " ", string(m.Payload)), true)
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
	for p := range readers {
		compareReaders(t, &acknowledged, readers[p][0], readers[p][1])
	}
}

// compareReaders wants two readers of one partition to have seen the same
// dense records, all acknowledged, and each publisher's in its order.
func compareReaders(t *testing.T, acknowledged *sync.Map, one, two []string) {
	t.Helper()
	next := map[int]int{}
	for i := range one {
		if one[i] != two[i] {
			t.Fatalf("one reader saw %q, the other %q", one[i], two[i])
		}
		if _, ok := acknowledged.Load(one[i]); !ok {
			t.Fatalf("%q was seen but not acknowledged so", one[i])
		}
		var partition, offset, n, publisher int
		if _, err := fmt.Sscanf(one[i], "instrument/%d@%d %d of %d", &partition, &offset, &n, &publisher); err != nil {
			t.Fatalf("%q: %v", one[i], err)
		}
		if offset != i || n != next[publisher] {
			t.Fatalf("record %d is %q, want number %d of its publisher", i, one[i], next[publisher])
		}
		next[publisher]++
	}
}

// Breaks for users: a log that was replaced would be taken for the one that was folded.
func checksums(t *testing.T, env Env) {
	for i := range int64(20) {
		payload := fmt.Sprint("record ", i)
		m := events.NewMessage(events.Room, 1, []byte(payload))
		if err := env.Log.Publish(events.Room.Topic(), m); err != nil {
			t.Fatal(err)
		}
		want := digest.Checksum([]byte(payload))
		got, err := env.Log.Checksum(events.PositionOf(m))
		if err != nil || got != want || events.ChecksumOf(m) != want {
			t.Fatalf("record %d: checksum %x (%v), its message says %x, want %x", i, got, err, events.ChecksumOf(m), want)
		}
	}
}

// Breaks for users: everything, at the next start.
func reopened(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 25)
	publishNumbered(t, env.Log, events.Instrument, 1, 10)
	sum, err := env.Log.Checksum(position(events.Room, 0, 24))
	if err != nil {
		t.Fatal(err)
	}
	partitions := env.Log.Partitions(events.Room)
	log := env.Reopen(t)
	if got := log.Partitions(events.Room); got != partitions {
		t.Errorf("%d room partitions after the start, %d before", got, partitions)
	}
	if again, err := log.Checksum(position(events.Room, 0, 24)); err != nil || again != sum {
		t.Errorf("checksum %x (%v) after the start, %x before", again, err, sum)
	}
	if _, next, err := log.Bounds(events.Instrument, 1); err != nil || next != 10 {
		t.Errorf("the next offset is %d (%v), want 10", next, err)
	}
	if got, want := publish(t, log, events.Room, 0, "25"), position(events.Room, 0, 25); got != want {
		t.Errorf("the log goes on at %s, want %s", got, want)
	}
	expectNumbered(t, subscribe(t, log, position(events.Room, 0, 0)), events.Room, 0, 0, 26)
	expectNumbered(t, subscribe(t, log, position(events.Instrument, 1, 5)), events.Instrument, 1, 5, 10)
}

// Breaks for users: every start would look like another log, and clients would be reset.
func lineageStays(t *testing.T, env Env) {
	before := env.Log.Lineage()
	if before == "" {
		t.Fatal("the log has no lineage")
	}
	if after := env.Reopen(t).Lineage(); after != before {
		t.Errorf("lineage %q after the start, %q before", after, before)
	}
}

// Breaks for users: what comes during the shutdown would be taken and lost.
func closedRefuses(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 3)
	messages := subscribe(t, env.Log, position(events.Room, 0, 3))
	sub := env.Log.Subscriber(position(events.Room, 0, 0))
	if err := env.Log.Err(); err != nil {
		t.Errorf("an open log says %v", err)
	}
	if err := env.Log.Close(); err != nil {
		t.Fatal(err)
	}
	expectClosed(t, messages)
	if err := env.Log.Publish(events.Room.Topic(), events.NewMessage(events.Room, 0, nil)); err == nil {
		t.Error("publishing to a closed log: no error")
	}
	if _, err := sub.Subscribe(t.Context(), events.Room.Topic()); err == nil {
		t.Error("subscribing to a closed log: no error")
	}
	if env.Log.Err() == nil {
		t.Error("a closed log takes no appends, but Err says nil")
	}
	if err := env.Log.Close(); err != nil {
		t.Errorf("closing it again: %v", err)
	}
}
