package embedded_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"outcry/events"
	"outcry/events/embedded"
)

func Example() {
	dir, err := os.MkdirTemp("", "outcry")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := embedded.Open(dir, embedded.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()

	m := events.NewMessage(events.Room, 3, []byte("a batch"))
	if err := l.Publish(events.Room.Topic(), m); err != nil {
		log.Fatal(err)
	}
	fmt.Println("durable at", events.PositionOf(m))

	messages, err := l.Subscriber(events.PositionOf(m)).Subscribe(context.Background(), events.Room.Topic())
	if err != nil {
		log.Fatal(err)
	}
	read := <-messages
	fmt.Printf("%s at %s\n", read.Payload, events.PositionOf(read))
	read.Ack()
	// Output:
	// durable at room/3@0
	// a batch at room/3@0
}
