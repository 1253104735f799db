package topics

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/IBM/sarama"

	"outcry/events/pipeline"
	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/raw"
)

// Put implements pipeline.Poison.
func (t *Topics) Put(_ context.Context, records []poison.Record) error {
	messages := make([]*sarama.ProducerMessage, len(records))
	for i := range records {
		m := records[i].Write()
		messages[i] = produced(t.poison, 0, &m)
	}
	return t.send(messages)
}

// produced is a message on its way to a partition. Its time is now: a raw
// message of long ago would be expired at once.
func produced(topic string, partition int32, m *raw.Message) *sarama.ProducerMessage {
	p := &sarama.ProducerMessage{Topic: topic, Partition: partition}
	if m.Key != nil {
		p.Key = sarama.ByteEncoder(m.Key)
	}
	if m.Value != nil {
		p.Value = sarama.ByteEncoder(m.Value)
	}
	for _, h := range m.Headers {
		p.Headers = append(p.Headers, sarama.RecordHeader{Key: []byte(h.Name), Value: h.Value})
	}
	return p
}

// Poisoned reads the poison topic from its begin to its present end.
func (t *Topics) Poisoned(ctx context.Context) (*poison.Book, error) {
	if err := t.checkPoison(); err != nil {
		return nil, err
	}
	b := &poison.Book{}
	err := t.read(ctx, t.poison, 0, 0, math.MaxInt64, func(m *raw.Message) error {
		b.Add(m)
		return nil
	})
	return b, err
}

// PoisonRecord reads one entry with its message.
func (t *Topics) PoisonRecord(ctx context.Context, id int64) (r poison.Record, err error) {
	found := false
	err = t.read(ctx, t.poison, 0, id, id+1, func(m *raw.Message) error {
		found = true
		r, err = poison.Read(m)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("there is no poison %d any more", id)
	}
	return r, err
}

// Replay sends an entry's message to its topic again, and then marks it: after
// a crash between it is sent twice, which the log takes for once.
func (t *Topics) Replay(ctx context.Context, e *poison.Entry) error {
	r, err := t.PoisonRecord(ctx, e.ID)
	if err != nil {
		return err
	}
	m, err := r.Replay(pipeline.IdentityHeader)
	if err != nil {
		return err
	}
	if err := t.send([]*sarama.ProducerMessage{produced(r.Topic, r.Partition, &m)}); err != nil {
		return fmt.Errorf("sending %s again: %w", r.Key(), err)
	}
	return t.mark(e, poison.Replayed)
}

// Drop marks an entry as settled without it.
func (t *Topics) Drop(_ context.Context, e *poison.Entry) error { return t.mark(e, poison.Dropped) }

func (t *Topics) mark(e *poison.Entry, s poison.State) error {
	m := poison.Marker(e.Key, s, time.Now())
	if err := t.send([]*sarama.ProducerMessage{produced(t.poison, 0, &m)}); err != nil {
		return fmt.Errorf("marking %s as %s: %w", e.Key, s, err)
	}
	return nil
}
