package kafka_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"outcry/events"
	"outcry/events/kafka"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.Cleanup(func(code int) {
			real.Close() // nothing where none was started
			os.Exit(code)
		}),
		// The producer's library counts with a ticker that belongs to the process.
		goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// fake starts a cluster in this process.
func fake(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// small is a log of two partitions each.
func small(c *kfake.Cluster) kafka.Config {
	return kafka.Config{Brokers: c.ListenAddrs(), Partitions: 2, PublishTimeout: 20 * time.Second}
}

// mustOpen opens a log that is closed at the end of the test, if not before.
func mustOpen(t testing.TB, c kafka.Config) *kafka.Log {
	t.Helper()
	log, err := kafka.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, log) })
	return log
}

func mustClose(t testing.TB, log *kafka.Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

var prefixes atomic.Int64

// newPrefix gives topics of its own to whoever shares a cluster.
func newPrefix() string { return fmt.Sprintf("t%d.%d.", os.Getpid(), prefixes.Add(1)) }

func at(kind events.Kind, partition int32, offset int64) events.Position {
	return events.Position{Kind: kind, Partition: partition, Offset: offset}
}

func publish(log *kafka.Log, kind events.Kind, partition int32, payload string) (events.Position, error) {
	m := events.NewMessage(kind, partition, []byte(payload))
	err := log.Publish(kind.Topic(), m)
	return events.PositionOf(m), err
}

func mustPublish(t testing.TB, log *kafka.Log, kind events.Kind, partition int32, payload string) events.Position {
	t.Helper()
	p, err := publish(log, kind, partition, payload)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// subscribe reads until the test ends.
func subscribe(t testing.TB, log *kafka.Log, from events.Position) <-chan *message.Message {
	t.Helper()
	sub := log.Subscriber(from)
	messages, err := sub.Subscribe(t.Context(), from.Kind.Topic())
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// take receives and acknowledges what must come.
func take(t testing.TB, messages <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-messages:
		if !ok {
			t.Fatal("the channel is closed")
		}
		m.Ack()
		return m
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came in 30 s")
	}
	return nil
}

// ended waits for the end of a subscription.
func ended(t testing.TB, messages <-chan *message.Message) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return
			}
			m.Ack()
		case <-late:
			t.Fatal("the subscription goes on")
		}
	}
}
