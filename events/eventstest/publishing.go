package eventstest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"outcry/events"
)

// Breaks for users: an answer would name another record than theirs.
func positionsAreDense(t *testing.T, env Env) {
	fresh := events.NewMessage(events.Room, 0, nil)
	if got := events.PositionOf(fresh).Offset; got != -1 {
		t.Fatalf("before it is durable a record has offset %d, want -1", got)
	}
	for i := range int64(20) {
		if got, want := publish(t, env.Log, events.Room, 0, "x"), position(events.Room, 0, i); got != want {
			t.Fatalf("record %d got %s, want %s", i, got, want)
		}
	}
}

// Breaks for users: shards would see holes where other shards have records.
func partitionsCountOnTheirOwn(t *testing.T, env Env) {
	for round := range int64(3) {
		for _, kind := range events.Kinds() {
			for p := range int32(env.Log.Partitions(kind)) {
				if got, want := publish(t, env.Log, kind, p, "x"), position(kind, p, round); got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			}
		}
	}
}

// Breaks for users: a batch that spans shards would come in another order than it was sent.
func oneCallManyPartitions(t *testing.T, env Env) {
	var batch []*message.Message
	for i := range 40 {
		batch = append(batch, events.NewMessage(events.Instrument, int32(i%2), fmt.Append(nil, i/2)))
	}
	if err := env.Log.Publish(events.Instrument.Topic(), batch...); err != nil {
		t.Fatal(err)
	}
	for i, m := range batch {
		if got, want := events.PositionOf(m), position(events.Instrument, int32(i%2), int64(i/2)); got != want {
			t.Fatalf("message %d of the call got %s, want %s", i, got, want)
		}
	}
	for p := range int32(2) {
		expectNumbered(t, subscribe(t, env.Log, position(events.Instrument, p, 0)), events.Instrument, p, 0, 20)
	}
	if err := env.Log.Publish(events.Instrument.Topic()); err != nil {
		t.Fatalf("a call without messages: %v", err)
	}
}

// Breaks for users: bytes that look like something else would be cut or changed.
func recordsComeBack(t *testing.T, env Env) {
	payloads := []string{"a", "\x00", "\xff\xfe", "line\nline", string(bytes.Repeat([]byte{0}, 5000)), "outcry.v1", "end"}
	for _, p := range payloads {
		publish(t, env.Log, events.Room, 1, p)
	}
	messages := subscribe(t, env.Log, position(events.Room, 1, 0))
	for i, p := range payloads {
		expect(t, messages, position(events.Room, 1, int64(i)), p)
	}
}

// Breaks for users: one large batch would stop the log, or be lost without a word.
func largeRecords(t *testing.T, env Env) {
	large := bytes.Repeat([]byte("0123456789abcdef"), env.RecordBytes/16)
	var batch []*message.Message
	for range 3 {
		batch = append(batch, events.NewMessage(events.Instrument, 0, bytes.Clone(large)))
	}
	if err := env.Log.Publish(events.Instrument.Topic(), batch...); err != nil {
		t.Fatalf("publishing three records of %d bytes: %v", len(large), err)
	}
	larger := events.NewMessage(events.Instrument, 0, make([]byte, env.RecordBytes+1))
	if err := env.Log.Publish(events.Instrument.Topic(), larger); err == nil {
		t.Errorf("a record of %d bytes was taken, at most %d are", env.RecordBytes+1, env.RecordBytes)
	}
	publish(t, env.Log, events.Instrument, 0, "small")
	messages := subscribe(t, env.Log, position(events.Instrument, 0, 0))
	for i := range int64(3) {
		expect(t, messages, position(events.Instrument, 0, i), string(large))
	}
	expect(t, messages, position(events.Instrument, 0, 3), "small")
}

// Breaks for users: a record would be filed where no shard looks for it.
func wrongTopics(t *testing.T, env Env) {
	for name, err := range map[string]error{
		"another kind's topic":      env.Log.Publish(events.Room.Topic(), events.NewMessage(events.Instrument, 0, nil)),
		"a kind's name as topic":    env.Log.Publish("room", events.NewMessage(events.Room, 0, nil)),
		"an unknown topic":          env.Log.Publish("outcry.nothing", events.NewMessage(events.Room, 0, nil)),
		"a partition too high":      env.Log.Publish(events.Room.Topic(), events.NewMessage(events.Room, int32(env.Log.Partitions(events.Room)), nil)),
		"a negative partition":      env.Log.Publish(events.Room.Topic(), events.NewMessage(events.Room, -1, nil)),
		"one bad of two in a call":  env.Log.Publish(events.Room.Topic(), events.NewMessage(events.Room, 0, nil), events.NewMessage(events.Room, -1, nil)),
		"bounds of no partition":    second(env.Log.Bounds(events.Room, -1)),
		"checksum of no partition":  first(env.Log.Checksum(position(events.Room, -1, 0))),
		"checksum before the first": first(env.Log.Checksum(position(events.Room, 0, 0))),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := env.Log.Subscriber(position(events.Room, 0, 0)).Subscribe(t.Context(), events.Instrument.Topic()); err == nil {
		t.Error("subscribing to another kind's topic: no error")
	}
	if _, err := env.Log.Subscriber(position(events.Room, -1, 0)).Subscribe(t.Context(), events.Room.Topic()); err == nil {
		t.Error("subscribing to no partition: no error")
	}
	if _, next, err := env.Log.Bounds(events.Room, 0); err != nil || next != 0 {
		t.Errorf("after refused records only, the next offset is %d (%v), want 0", next, err)
	}
}

func first[T any](_ T, err error) error     { return err }
func second[T any](_, _ T, err error) error { return err }

// Breaks for users: retention and takeover would work with bounds of another time.
func bounds(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 1, 9)
	type both struct{ First, Next int64 }
	got := map[string]both{}
	for _, kind := range events.Kinds() {
		for p := range int32(2) {
			first, next, err := env.Log.Bounds(kind, p)
			if err != nil {
				t.Fatal(err)
			}
			got[fmt.Sprintf("%s/%d", kind, p)] = both{first, next}
		}
	}
	want := map[string]both{"instrument/0": {}, "instrument/1": {}, "room/0": {}, "room/1": {0, 9}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bounds (-want +got):\n%s", diff)
	}
}
