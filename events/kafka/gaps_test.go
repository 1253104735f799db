package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/events"
	"outcry/events/kafka"
)

// foreign is a client that is none of ours.
func foreign(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// write makes one foreign record durable in partition 0.
func write(t *testing.T, client *kgo.Client, topic, key, value string) {
	t.Helper()
	if err := client.ProduceSync(context.Background(), &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func endOf(t *testing.T, log *kafka.Log) int64 {
	t.Helper()
	_, end, err := log.Bounds(events.Room, 0)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// Breaks for users: after somebody's transaction in our topic a shard would
// stop, or wait at its start for a record that never comes.
func TestForeignTransactionsLeaveNoHoles(t *testing.T) {
	c := kafka.Config{Brokers: brokers(t).Addresses(), Prefix: newPrefix(), Partitions: 2}
	log := mustOpen(t, c)
	tail := subscribe(t, log, at(events.Room, 0, 0))
	other := foreign(t, c.Brokers, kgo.TransactionalID(c.Prefix+"x"))
	transaction := func(value string, end kgo.TransactionEndTry) {
		t.Helper()
		before := endOf(t, log)
		if err := other.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		write(t, other, c.Prefix+"outcry.room", "", value)
		if err := other.EndTransaction(context.Background(), end); err != nil {
			t.Fatal(err)
		}
		for late := time.Now().Add(time.Minute); endOf(t, log) < before+2; { // the mark comes after the answer
			if time.Now().After(late) {
				t.Fatal("the transaction's end is not in the log")
			}
		}
	}
	mustPublish(t, log, events.Room, 0, "one")
	transaction("aborted", kgo.TryAbort)
	transaction("committed", kgo.TryCommit)
	mustPublish(t, log, events.Room, 0, "two")
	transaction("aborted", kgo.TryAbort)

	want := []string{"one", "aborted", "", "committed", "", "two", "aborted", ""}
	sums := make([]uint64, len(want))
	for i, payload := range want {
		m := take(t, tail)
		if events.PositionOf(m) != at(events.Room, 0, int64(i)) || string(m.Payload) != payload {
			t.Errorf("record %d is %q at %s, want %q", i, m.Payload, events.PositionOf(m), payload)
		}
		sums[i] = events.ChecksumOf(m)
	}
	if end := endOf(t, log); end != int64(len(want)) {
		t.Errorf("the log ends at %d, want %d", end, len(want))
	}
	for from := range want {
		var got []string
		for r, err := range events.Records(t.Context(), log, at(events.Room, 0, int64(from))) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(r.Payload))
		}
		if diff := cmp.Diff(want[from:], got); diff != "" {
			t.Errorf("from %d to the end of the log (-want +got):\n%s", from, diff)
		}
		if sum, err := log.Checksum(at(events.Room, 0, int64(from))); err != nil || sum != sums[from] {
			t.Errorf("checksum at %d: %x (%v), the reader had %x", from, sum, err, sums[from])
		}
	}
	if err := other.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	write(t, other, c.Prefix+"outcry.room", "", "not yet committed")
	if p := mustPublish(t, log, events.Room, 0, "three"); p.Offset != int64(len(want))+1 {
		t.Errorf("it stands at %s", p)
	}
	take(t, tail)
	if m := take(t, tail); string(m.Payload) != "three" {
		t.Errorf("behind an open transaction comes %q", m.Payload)
	}
	if err := other.EndTransaction(context.Background(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
}

// Breaks for users: a shard that folds the log anew would tell another past
// than before, because somebody had a part of it compacted.
func TestAHoleEndsTheLog(t *testing.T) {
	c := kafka.Config{Brokers: brokers(t).Addresses(), Prefix: newPrefix(), Partitions: 1}
	log := mustOpen(t, c)
	topic := c.Prefix + "outcry.room"
	client := foreign(t, c.Brokers)
	admin := kadm.NewClient(client)
	set := func(name, value string) kadm.AlterConfig { return kadm.AlterConfig{Name: name, Value: &value} }
	answers, err := admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{
		set("cleanup.policy", "compact"), set("segment.ms", "50"), set("min.cleanable.dirty.ratio", "0"),
	}, topic)
	if err != nil || answers[0].Err != nil {
		t.Fatal(err, answers)
	}
	for late := time.Now().Add(time.Minute); ; {
		write(t, client, topic, "k", "a newer one")
		_, err := log.Checksum(at(events.Room, 0, 0))
		if errors.Is(err, kafka.ErrGone) {
			break
		}
		if err != nil || time.Now().After(late) {
			t.Fatal("nothing is compacted: ", err)
		}
		time.Sleep(60 * time.Millisecond) // segments end by the clock
	}
	ended(t, subscribe(t, log, at(events.Room, 0, 0)))
	if err := log.Err(); !errors.Is(err, kafka.ErrTruncated) || !strings.Contains(err.Error(), "room/0@0") {
		t.Errorf("the log says: %v", err)
	}
}
