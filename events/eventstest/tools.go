package eventstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// patience is how long something may take that should happen at once.
const patience = 30 * time.Second

func position(kind events.Kind, partition int32, offset int64) events.Position {
	return events.Position{Kind: kind, Partition: partition, Offset: offset}
}

// publish makes one record durable and gives its position.
func publish(t *testing.T, log events.Log, kind events.Kind, partition int32, payload string) events.Position {
	t.Helper()
	m := events.NewMessage(kind, partition, []byte(payload))
	if err := log.Publish(kind.Topic(), m); err != nil {
		t.Fatalf("publishing %.40q: %v", payload, err)
	}
	return events.PositionOf(m)
}

// publishNumbered publishes n records "0", "1", ... in calls of several.
func publishNumbered(t *testing.T, log events.Log, kind events.Kind, partition int32, n int) {
	t.Helper()
	var batch []*message.Message
	for i := range n {
		batch = append(batch, events.NewMessage(kind, partition, fmt.Append(nil, i)))
		if len(batch) == 7 || i == n-1 {
			if err := log.Publish(kind.Topic(), batch...); err != nil {
				t.Fatalf("publishing record %d: %v", i, err)
			}
			batch = batch[:0:0]
		}
	}
}

// subscribe reads from a position until the test ends.
func subscribe(t *testing.T, log events.Log, from events.Position) <-chan *message.Message {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	sub := log.Subscriber(from)
	t.Cleanup(func() {
		cancel()
		if err := sub.Close(); err != nil {
			t.Errorf("closing the subscriber at %s: %v", from, err)
		}
	})
	messages, err := sub.Subscribe(ctx, from.Kind.Topic())
	if err != nil {
		t.Fatalf("subscribing from %s: %v", from, err)
	}
	return messages
}

// receive takes the next record, without acknowledging it.
func receive(messages <-chan *message.Message) (*message.Message, error) {
	select {
	case m, ok := <-messages:
		if !ok {
			return nil, fmt.Errorf("the channel is closed")
		}
		return m, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("nothing came in %s", patience)
	}
}

// take receives and acknowledges.
func take(messages <-chan *message.Message) (*message.Message, error) {
	m, err := receive(messages)
	if err == nil && !m.Ack() {
		err = fmt.Errorf("a fresh record does not take its ack")
	}
	return m, err
}

// expect takes the record that must come next.
func expect(t *testing.T, messages <-chan *message.Message, at events.Position, payload string) {
	t.Helper()
	m, err := take(messages)
	if err != nil {
		t.Fatalf("waiting for %s: %v", at, err)
	}
	if got := events.PositionOf(m); got != at {
		t.Fatalf("got the record at %s, want %s", got, at)
	}
	if string(m.Payload) != payload {
		t.Fatalf("the record at %s is %.40q, want %.40q", at, m.Payload, payload)
	}
}

// expectNumbered takes records from..to-1 of publishNumbered.
func expectNumbered(t *testing.T, messages <-chan *message.Message, kind events.Kind, partition int32, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		expect(t, messages, position(kind, partition, int64(i)), fmt.Sprint(i))
	}
}

// expectClosed lets through what is still under way and waits for the end.
func expectClosed(t *testing.T, messages <-chan *message.Message) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case _, ok := <-messages:
			if !ok {
				return
			}
		case <-late:
			t.Fatalf("the channel is still open after %s", patience)
		}
	}
}
