package kafka_test

import (
	"context"
	"fmt"
	"log"

	"github.com/twmb/franz-go/pkg/kfake"

	"outcry/events"
	"outcry/events/kafka"
)

// One record on its way through a log on one broker, which must be accepted.
func Example() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	l, err := kafka.Open(context.Background(), kafka.Config{Brokers: cluster.ListenAddrs(), Partitions: 2, AcceptWeak: true})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()

	m := events.NewMessage(events.Room, 1, []byte("a batch"))
	if err := l.Publish(events.Room.Topic(), m); err != nil {
		log.Fatal(err)
	}
	fmt.Println("durable at", events.PositionOf(m))

	sub := l.Subscriber(events.PositionOf(m))
	messages, err := sub.Subscribe(context.Background(), events.Room.Topic())
	if err != nil {
		log.Fatal(err)
	}
	got := <-messages
	fmt.Printf("%s: %s\n", events.PositionOf(got), got.Payload)
	got.Ack()
	if err := sub.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// durable at room/1@0
	// room/1@0: a batch
}
