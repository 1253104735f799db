package eventstest

import (
	"context"
	"fmt"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// Breaks for users: a shard would fold a record twice after its start, or miss one.
func exactStart(t *testing.T, env Env) {
	const n = 100
	publishNumbered(t, env.Log, events.Room, 0, n)
	for _, from := range []int{0, 1, 50, n - 1} {
		expectNumbered(t, subscribe(t, env.Log, position(events.Room, 0, int64(from))), events.Room, 0, from, n)
	}
}

// Breaks for users: a shard with a checkpoint of another, longer log would
// wait for ever instead of raising an alarm.
func startAhead(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 3)
	if _, err := env.Log.Subscriber(position(events.Room, 0, 4)).Subscribe(t.Context(), events.Room.Topic()); err == nil {
		t.Error("subscribing from offset 4 of 3 records: no error")
	}
	if _, err := env.Log.Checksum(position(events.Room, 0, 3)); err == nil {
		t.Error("checksum of the record that does not exist yet: no error")
	}
}

// Breaks for users: prices would stand still until a restart.
func tailing(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Instrument, 1, 2)
	messages := subscribe(t, env.Log, position(events.Instrument, 1, 2))
	for i := range int64(50) {
		at := publish(t, env.Log, events.Instrument, 1, fmt.Sprint("new ", i))
		expect(t, messages, at, fmt.Sprint("new ", i))
	}
}

// Breaks for users: a shard would fold what belongs to others.
func onlyItsPartition(t *testing.T, env Env) {
	for i := range 30 {
		publish(t, env.Log, events.Room, 0, fmt.Sprint(i))
		publish(t, env.Log, events.Room, 1, "of another partition")
		publish(t, env.Log, events.Instrument, 0, "of another kind")
	}
	expectNumbered(t, subscribe(t, env.Log, position(events.Room, 0, 0)), events.Room, 0, 0, 30)
}

// Breaks for users: owner and standby would fold different records.
func twoReaders(t *testing.T, env Env) {
	one := subscribe(t, env.Log, position(events.Room, 0, 0))
	two := subscribe(t, env.Log, position(events.Room, 0, 0))
	publishNumbered(t, env.Log, events.Room, 0, 40)
	expectNumbered(t, one, events.Room, 0, 0, 40)
	expectNumbered(t, two, events.Room, 0, 0, 40)
}

// Breaks for users: what they saw could be taken back by a power cut.
func onlyDurable(t *testing.T, env Env) {
	messages := subscribe(t, env.Log, position(events.Room, 0, 0))
	const n = 200
	published := make(chan error, 1)
	go func() {
		for i := range n {
			if err := env.Log.Publish(events.Room.Topic(), events.NewMessage(events.Room, 0, fmt.Append(nil, i))); err != nil {
				published <- err
				return
			}
		}
		published <- nil
	}()
	for range n {
		m, err := take(messages)
		if err != nil {
			t.Fatal(err)
		}
		p := events.PositionOf(m)
		if _, next, err := env.Log.Bounds(p.Kind, p.Partition); err != nil || p.Offset >= next {
			t.Fatalf("saw %s while the log ended at %d (%v)", p, next, err)
		}
		if sum, err := env.Log.Checksum(p); err != nil || sum != events.ChecksumOf(m) {
			t.Fatalf("the checksum of %s is %x (%v), the record has %x", p, sum, err, events.ChecksumOf(m))
		}
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
}

// Breaks for users: one analyst's slow query would stop everybody's market.
func slowReader(t *testing.T, env Env) {
	const n, size = 300, 64 << 10
	slow := subscribe(t, env.Log, position(events.Instrument, 0, 0))
	quick := subscribe(t, env.Log, position(events.Instrument, 0, 0))
	payload := func(i int) string { return fmt.Sprintf("%0*d", size, i) }
	for i := range n {
		at := publish(t, env.Log, events.Instrument, 0, payload(i))
		expect(t, quick, at, payload(i))
	}
	for i := range n {
		expect(t, slow, position(events.Instrument, 0, int64(i)), payload(i))
	}
}

// Breaks for users: reading would take a round trip for each record.
func severalUnderWay(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 10)
	messages := subscribe(t, env.Log, position(events.Room, 0, 0))
	var unanswered []*message.Message
	for i := range 10 {
		m, err := receive(messages)
		if err != nil {
			t.Fatalf("record %d, with none before it acknowledged: %v", i, err)
		}
		unanswered = append(unanswered, m)
	}
	for _, m := range unanswered {
		m.Ack()
	}
	at := publish(t, env.Log, events.Room, 0, "after")
	expect(t, messages, at, "after")
}

// Breaks for users: a shard that can't go on would be fed on.
func nackEnds(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 3)
	messages := subscribe(t, env.Log, position(events.Room, 0, 0))
	expectNumbered(t, messages, events.Room, 0, 0, 2)
	m, err := receive(messages)
	if err != nil {
		t.Fatal(err)
	}
	m.Nack()
	expectClosed(t, messages)
	if err := env.Log.Err(); err != nil {
		t.Errorf("after a nack the log says %v", err)
	}
	expectNumbered(t, subscribe(t, env.Log, position(events.Room, 0, 2)), events.Room, 0, 2, 3)
}

// Breaks for users: every closed view would leave a reader behind.
func contextEnds(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 3)
	ctx, cancel := context.WithCancel(t.Context())
	sub := env.Log.Subscriber(position(events.Room, 0, 0))
	messages, err := sub.Subscribe(ctx, events.Room.Topic())
	if err != nil {
		t.Fatal(err)
	}
	expectNumbered(t, messages, events.Room, 0, 0, 3)
	cancel()
	expectClosed(t, messages)
	if err := env.Log.Err(); err != nil {
		t.Errorf("after a reader has ended the log says %v", err)
	}
	if err := sub.Close(); err != nil {
		t.Errorf("closing the subscriber: %v", err)
	}
}

// Breaks for users: a shard that moved away would still be fed here.
func subscriberCloses(t *testing.T, env Env) {
	publishNumbered(t, env.Log, events.Room, 0, 3)
	sub := env.Log.Subscriber(position(events.Room, 0, 1))
	var all []<-chan *message.Message
	for range 2 {
		messages, err := sub.Subscribe(t.Context(), events.Room.Topic())
		if err != nil {
			t.Fatal(err)
		}
		expectNumbered(t, messages, events.Room, 0, 1, 3)
		all = append(all, messages)
	}
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	for _, messages := range all {
		expectClosed(t, messages)
	}
	if _, err := sub.Subscribe(t.Context(), events.Room.Topic()); err == nil {
		t.Error("subscribing by a closed subscriber: no error")
	}
}
