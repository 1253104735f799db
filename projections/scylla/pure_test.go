package scylla

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocql/gocql"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

const shardKind = events.Instrument

// One start must tell all mistakes: each further one costs an operator a restart.
func TestAllFaultsAreToldAtOnce(t *testing.T) {
	err := Config{Hosts: []string{"a:b", "x:9042", "y:9043"}, Keyspace: "Outcry; DROP", Replication: 2, Password: "p", Consistency: "MOST",
		BlockWindow: time.Second, BlockTTL: time.Millisecond, Timeout: time.Nanosecond, InFlight: -1}.Validate()
	for _, want := range []string{`"a:b"`, `"y:9043" has another port`, "keyspace", "replication: 2", "username", "MOST", "block window", "block TTL", "timeout", "in flight"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in %v", want, err)
		}
	}
	if err := (Config{Hosts: []string{"a", "::1", "[::2]:9042"}}).Validate(); err != nil {
		t.Errorf("what works is refused: %v", err)
	}
	if err := (Config{}).Validate(); err == nil || !strings.Contains(err.Error(), "hosts") {
		t.Errorf("no hosts gave %v", err)
	}
}

// A bar in a bucket that nobody reads is a hole in a chart.
func TestBucketsHoldTimesInOrder(t *testing.T) {
	for _, resolution := range []string{"1s", "1m"} {
		last := int64(math.MinInt64)
		for _, at := range []int64{math.MinInt64, math.MinInt64 + 1, -864_001, -864_000, -14_401, -14_400, -1, 0, 1, 14_399, 14_400, 864_000, math.MaxInt64} {
			bucket := barBucket(resolution, at)
			if bucket < last {
				t.Errorf("%s: the bucket of %d is %d, after %d", resolution, at, bucket, last)
			}
			last = bucket
		}
		if barBucket(resolution, -1) != -1 || barBucket(resolution, 0) != 0 {
			t.Errorf("%s: the buckets around 1970 are %d and %d", resolution, barBucket(resolution, -1), barBucket(resolution, 0))
		}
	}
}

// Windows as an operator asked for them, and no deletion before a window is over.
func TestWindowsAreWrittenInTheirLargestUnit(t *testing.T) {
	for window, want := range map[time.Duration]string{
		time.Minute:      "'MINUTES', 'compaction_window_size': '1', 'expired_sstable_check_frequency_seconds': '30'}",
		90 * time.Minute: "'MINUTES', 'compaction_window_size': '90', 'expired_sstable_check_frequency_seconds': '600'}",
		2 * time.Hour:    "'HOURS', 'compaction_window_size': '2', ", 24 * time.Hour: "'DAYS', 'compaction_window_size': '1', ",
	} {
		c := Config{BlockWindow: window}.withDefaults()
		if got := strings.Join(c.windows(), " "); !strings.Contains(got, want) {
			t.Errorf("%v gives %s", window, got)
		}
	}
	forever := Config{}.withDefaults()
	if got := strings.Join(forever.windows(), " "); !strings.Contains(got, "default_time_to_live = 0 ") {
		t.Errorf("for ever gives %s", got)
	}
}

// A cluster that is late must get less at once, one that answers may get all.
func TestTheLimitFollowsWhatTheClusterBears(t *testing.T) {
	l := newLimiter(64)
	turn := func(good bool) {
		t.Helper()
		var tickets []uint64
		for range int(l.now()) {
			ticket, err := l.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, ticket)
		}
		for _, ticket := range tickets {
			l.release(ticket, good)
		}
	}
	for range 40 {
		turn(true)
	}
	if got := l.now(); got != 64 {
		t.Errorf("after 40 good turns the limit is %v", got)
	}
	if turn(false); l.now() != 32 {
		t.Errorf("one bad turn cut the limit to %v", l.now())
	}
	for range 10 {
		turn(false)
	}
	if got := l.now(); got != 1 {
		t.Errorf("a cluster that never answers gets %v at once", got)
	}
}

// A writer that waits for room must go on when there is some, and end when it is told to.
func TestWaitingForRoomEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		ticket, _ := l.acquire(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting gave %v", err)
		}
		got := make(chan error, 1)
		go func() {
			_, err := l.acquire(t.Context())
			got <- err
		}()
		synctest.Wait()
		l.release(ticket, true)
		if err := <-got; err != nil {
			t.Error(err)
		}
	})
}

// A batch above a node's limit is refused, and with it all rows behind it.
func TestBatchesAreBoundedAndOfOnePartition(t *testing.T) {
	var s stage
	for i := range 100 {
		s.add(partition{"t", "a", "", int64(i % 2), 0}, "x", []any{make([]byte, 4<<10)})
	}
	rows := 0
	for _, g := range s.groups {
		if rows += len(g.ops); g.bytes > batchBytes || len(g.ops) == 0 {
			t.Errorf("a batch of %d rows has %d bytes", len(g.ops), g.bytes)
		}
	}
	if rows != 100 || len(s.groups) != 16 {
		t.Errorf("%d rows are in %d batches", rows, len(s.groups))
	}
}

// The text of a deleted message must be written over, not left in its column.
func TestADeletedMessageIsWrittenOverTheOldOne(t *testing.T) {
	unsets := func(m *outcryv1.Message) (n int) {
		args, err := messageArgs(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range args {
			if a == gocql.UnsetValue {
				n++
			}
		}
		return n
	}
	if n := unsets(&outcryv1.Message{Room: "r", Seq: 1, ChangeSeq: 1}); n != 8 {
		t.Errorf("a new message without anything leaves %d columns unset", n)
	}
	if n := unsets(&outcryv1.Message{Room: "r", Seq: 1, ChangeSeq: 2, Deleted: true}); n != 0 {
		t.Errorf("a deleted one leaves %d columns as they were", n)
	}
}
