package topics

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events/pipeline/raw"
)

// pauseMax bounds the pauses after broker trouble.
const pauseMax = 10 * time.Second

// Source reads raw topics in batches. It implements Watermill's Subscriber.
type Source struct{ topics *Topics }

// Source gives batches of raw topics.
func (t *Topics) Source() *Source { return &Source{t} }

// Subscribe follows a topic until ctx ends; then the channel is closed. While
// brokers are away it waits for them.
func (s *Source) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, pauseMax) {
			begun := time.Now()
			if err := s.join(ctx, topic, out); err != nil && ctx.Err() == nil {
				s.topics.config.Logger.Warn("a raw topic cannot be read; it is tried again", "topic", topic, "error", err, "after", pause)
			}
			if time.Since(begun) > time.Minute {
				pause = 100 * time.Millisecond
			}
			sleep(ctx, pause)
		}
	}()
	return out, nil
}

// Close does nothing: subscriptions end with their contexts.
func (s *Source) Close() error { return nil }

// join is a member of the topic's group until something fails.
func (s *Source) join(ctx context.Context, topic string, out chan<- *message.Message) error {
	t := s.topics
	group, err := sarama.NewConsumerGroup(t.config.Brokers, t.config.Prefix+"outcry-"+topic, t.sarama)
	if err != nil {
		return err
	}
	var told sync.WaitGroup
	told.Go(func() {
		for err := range group.Errors() {
			t.config.Logger.Warn("reading a raw topic", "topic", topic, "error", err)
		}
	})
	for err == nil && ctx.Err() == nil {
		err = group.Consume(ctx, []string{topic}, &member{source: s, topic: topic, out: out})
	}
	err = errors.Join(err, group.Close())
	told.Wait()
	return err
}

// member holds partitions between two rebalances.
type member struct {
	source *Source
	topic  string
	epoch  string
	out    chan<- *message.Message
}

// Setup asks for the topic's id: it may have been made again since the last time.
func (m *member) Setup(sarama.ConsumerGroupSession) (err error) {
	m.epoch, err = m.source.topics.epochOf(m.topic)
	return err
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim follows one partition until it is taken away.
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	ctx := session.Context()
	for {
		var first *sarama.ConsumerMessage
		select {
		case <-ctx.Done():
			return nil
		case got, ok := <-claim.Messages():
			if !ok {
				return nil
			}
			first = got
		}
		b := m.gather(first, claim)
		if !m.settle(ctx, b) {
			return nil
		}
		session.MarkOffset(b.Topic, b.Partition, b.Next(), "")
	}
}

// gather takes what has arrived already, and waits for nothing.
func (m *member) gather(first *sarama.ConsumerMessage, claim sarama.ConsumerGroupClaim) *raw.Batch {
	c := &m.source.topics.config
	b := &raw.Batch{Topic: claim.Topic(), Partition: claim.Partition(), Epoch: m.epoch, HighWater: claim.HighWaterMarkOffset()}
	bytes := 0
	for next := first; next != nil; {
		b.Messages = append(b.Messages, messageOf(next))
		bytes += len(next.Value) + len(next.Key)
		next = nil
		if len(b.Messages) < c.BatchMessages && bytes < c.BatchBytes {
			select {
			case next = <-claim.Messages(): // nil when it is closed
			default:
			}
		}
	}
	return b
}

// settle gives the batch until it is acknowledged; false when the partition is taken away first.
func (m *member) settle(ctx context.Context, b *raw.Batch) bool {
	for {
		given := raw.NewMessage(ctx, b)
		select {
		case m.out <- given:
		case <-ctx.Done():
			return false
		}
		select {
		case <-given.Acked():
			return true
		case <-given.Nacked():
			sleep(ctx, m.source.topics.config.ResendAfter)
		case <-ctx.Done(): // whoever has it is told by its context
			return false
		}
		if ctx.Err() != nil {
			return false
		}
	}
}

func messageOf(m *sarama.ConsumerMessage) raw.Message {
	out := raw.Message{Offset: m.Offset, Key: m.Key, Value: m.Value, Time: m.Timestamp}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, raw.Header{Name: string(h.Key), Value: h.Value})
	}
	return out
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
