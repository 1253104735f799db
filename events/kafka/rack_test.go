package kafka_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/events/kafka"
)

// Breaks for users: each record would cross between zones once for every node,
// which they pay for, or a reader would stand still when its zone is away.
func TestAReaderReadsFromItsOwnRack(t *testing.T) {
	cluster := brokers(t)
	c := kafka.Config{Brokers: cluster.Addresses(), Prefix: newPrefix(), Partitions: 1}
	writer := mustOpen(t, c)
	topic := c.Prefix + "outcry.room"
	leader := leaderOf(t, cluster, topic)
	near := (leader + 1) % 3
	c.Rack = fmt.Sprint("rack-", near+1)
	var own, other atomic.Int64
	c.Observer.Fetched = func(ours bool, records, _ int) {
		if ours {
			own.Add(int64(records))
		} else {
			other.Add(int64(records))
		}
	}
	log, err := kafka.OpenReader(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, log) })
	messages := subscribe(t, log, at(events.Room, 0, 0))
	way := &oneByOne{writer, messages, 0}

	const first = 20
	began := time.Now()
	way.pass(t, first)
	t.Logf("a record is with its reader %s after it was sent", time.Since(began)/first)
	if o, all := own.Load(), own.Load()+other.Load(); o != all || o < first {
		t.Errorf("%d of %d records came from %s, the leader is broker %d", o, all, c.Rack, leader+1)
	}

	cluster.Kill(leader)
	t.Cleanup(func() { cluster.Start(leader) })
	way.pass(t, 20)

	cluster.Start(leader)
	if now := leaderOf(t, cluster, topic); now == near {
		leader = now // of our rack: the next kill is of both
	}
	cluster.Kill(near)
	t.Cleanup(func() { cluster.Start(near) })
	way.pass(t, 20)
	if other.Load() == 0 {
		t.Error("our rack is away, and no other is read")
	}

	cluster.Start(near)
	before := own.Load()
	for late := time.Now().Add(time.Minute); own.Load() == before; way.pass(t, 1) {
		if time.Now().After(late) {
			t.Fatalf("%s is back, and not read from", c.Rack)
		}
	}
}

// oneByOne has records pass from a writer to a reader, each before the next.
type oneByOne struct {
	writer *kafka.Log
	reader <-chan *message.Message
	count  int64
}

func (w *oneByOne) pass(t *testing.T, n int) {
	t.Helper()
	for range n {
		p := mustPublish(t, w.writer, events.Room, 0, "x")
		if m := take(t, w.reader); events.PositionOf(m) != p || p != at(events.Room, 0, w.count) {
			t.Fatalf("record %d stands at %s and came as %s", w.count, p, events.PositionOf(m))
		}
		w.count++
	}
}
