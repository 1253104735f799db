package topics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"outcry/events/pipeline/raw"
)

// silence after which a range is taken to hold nothing more: a compacted topic
// or a transaction leaves offsets that never come.
const silence = 3 * time.Second

// Before implements pipeline.History.
func (t *Topics) Before(ctx context.Context, topic string, partition int32, offset int64, n int) ([]raw.Message, error) {
	var all []raw.Message
	err := t.read(ctx, topic, partition, offset-int64(n), offset, func(m *raw.Message) error {
		all = append(all, *m)
		return nil
	})
	return all, err
}

// read gives the messages of [from, to) that are still there, in order.
func (t *Topics) read(ctx context.Context, topic string, partition int32, from, to int64, each func(*raw.Message) error) error {
	oldest, next, err := t.oldestAndNext(topic, partition)
	if err != nil {
		return err
	}
	from, to = max(from, oldest), min(to, next)
	if from >= to {
		return nil
	}
	consumer, err := sarama.NewConsumerFromClient(keepOpen{t.client})
	if err != nil {
		return fmt.Errorf("reading %s/%d: %w", topic, partition, err)
	}
	defer consumer.Close()
	p, err := consumer.ConsumePartition(topic, partition, from)
	if err != nil {
		return fmt.Errorf("reading %s/%d from %d: %w", topic, partition, from, err)
	}
	err = drain(ctx, p, to, each)
	return errors.Join(err, p.Close())
}

func drain(ctx context.Context, p sarama.PartitionConsumer, to int64, each func(*raw.Message) error) error {
	quiet := time.NewTimer(silence)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-quiet.C:
			return nil
		case err := <-p.Errors():
			if err != nil {
				return err
			}
		case m := <-p.Messages():
			if m == nil || m.Offset >= to {
				return nil
			}
			one := messageOf(m)
			if err := each(&one); err != nil {
				return err
			}
			if m.Offset == to-1 {
				return nil
			}
			quiet.Reset(silence)
		}
	}
}
