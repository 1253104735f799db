package events_test

import (
	"fmt"
	"strings"
	"testing"

	"outcry/events"
	"outcry/events/embedded"
)

func openLog(t *testing.T, partitions int) events.Log {
	t.Helper()
	log, err := embedded.Open(t.TempDir(), embedded.Config{InstrumentPartitions: partitions, RoomPartitions: partitions})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func put(t *testing.T, log events.Log, partition int32, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := log.Publish(events.Room.Topic(), events.NewMessage(events.Room, partition, []byte(text))); err != nil {
			t.Fatal(err)
		}
	}
}

func contents(t *testing.T, log events.Log, partition int32) (all []string) {
	t.Helper()
	for r, err := range events.Records(t.Context(), log, events.Position{Kind: events.Room, Partition: partition}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%d=%s", r.Position.Offset, r.Payload))
	}
	return all
}

// Whoever outgrows the embedded log must find every record in the new one at
// the number that it had, also after a copy that broke off.
func TestACopyHasTheSameRecordsAtTheSameOffsetsAndGoesOn(t *testing.T) {
	from, to := openLog(t, 2), openLog(t, 2)
	put(t, from, 0, "a", "b", strings.Repeat("c", 3<<20), strings.Repeat("d", 3<<20))
	put(t, from, 1, "e")
	put(t, to, 0, "a", "b") // of a copy that broke off
	var done, all, bytes int64
	n, err := events.Copy(t.Context(), from, to, func(d, a, b int64) { done, all, bytes = d, a, b })
	if err != nil || n != 5 || done != 5 || all != 5 || bytes != 6<<20+1 {
		t.Fatalf("copied %d, told %d of %d and %d bytes, %v", n, done, all, bytes, err)
	}
	for p := range int32(2) {
		if got, want := contents(t, to, p), contents(t, from, p); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("partition %d differs", p)
		}
	}
	put(t, from, 1, "f")
	if n, err := events.Copy(t.Context(), from, to, func(int64, int64, int64) {}); err != nil || n != 6 {
		t.Errorf("copying on: %d, %v", n, err)
	}
}

// A copy onto somebody else's records would mix two pasts.
func TestACopyOntoAnotherLogIsRefused(t *testing.T) {
	from := openLog(t, 2)
	put(t, from, 0, "a", "b")
	for name, c := range map[string]struct {
		partitions int
		has        []string
		want       string
	}{
		"other records":   {2, []string{"a", "x"}, "another record at room/0@1"},
		"more records":    {2, []string{"a", "b", "c"}, "it is another log"},
		"more partitions": {3, nil, "has 3 partitions, the log has 2"},
	} {
		to := openLog(t, c.partitions)
		put(t, to, 0, c.has...)
		if _, err := events.Copy(t.Context(), from, to, func(int64, int64, int64) {}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := contents(t, to, 0); len(got) != len(c.has) {
			t.Errorf("%s: the target has %v now", name, got)
		}
	}
}
