package raw

import (
	"context"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Message is one raw event.
type Message struct {
	Offset     int64
	Key, Value []byte
	Headers    []Header
	// Time that the record carries: its producer's or the broker's.
	Time time.Time
}

// Header is one of a message; names may come more than once.
type Header struct {
	Name  string
	Value []byte
}

// Header gives the last value of a name; empty where there is none.
func (m *Message) Header(name string) string {
	for i := len(m.Headers) - 1; i >= 0; i-- {
		if m.Headers[i].Name == name {
			return string(m.Headers[i].Value)
		}
	}
	return ""
}

// Batch is what one fetch gave of one partition, in order. Whoever gets it may
// keep it and must not change it.
type Batch struct {
	Topic     string
	Partition int32
	// Epoch names the run of the topic in which offsets rise: its id, which is
	// another one after the topic was deleted and made again. At most 64 bytes.
	Epoch    string
	Messages []Message
	// HighWater is the offset after the newest message of the partition, where known; else 0.
	HighWater int64
}

// Position names a message for people: outcry.raw.acme/3@1234.
func (b *Batch) Position(m *Message) string { return Position(b.Topic, b.Partition, m.Offset) }

// Position names a message of a topic for people.
func Position(topic string, partition int32, offset int64) string {
	return fmt.Sprintf("%s/%d@%d", topic, partition, offset)
}

// Next is the offset after the batch; 0 for an empty one.
func (b *Batch) Next() int64 {
	if len(b.Messages) == 0 {
		return 0
	}
	return b.Messages[len(b.Messages)-1].Offset + 1
}

type batchKey struct{}

// NewMessage wraps a batch for Watermill. The message's context ends with ctx.
// Ack says that the whole batch is settled and its offsets may be committed,
// Nack that it has to come again, after a while.
func NewMessage(ctx context.Context, b *Batch) *message.Message {
	m := message.NewMessage(fmt.Sprintf("%s/%d@%d", b.Topic, b.Partition, b.Next()), nil)
	m.SetContext(context.WithValue(ctx, batchKey{}, b))
	return m
}

// Of gives the batch that a message carries; nil where it carries none.
func Of(m *message.Message) *Batch {
	b, _ := m.Context().Value(batchKey{}).(*Batch)
	return b
}
