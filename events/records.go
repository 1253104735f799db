package events

import (
	"context"
	"fmt"
	"iter"
)

// Record is one record of a log, outside of any subscription.
type Record struct {
	Position Position
	Checksum uint64
	// Payload is valid until the next record.
	Payload []byte
}

// Records gives what the log holds now of one partition, from a position on,
// and ends there; an offset before what is kept begins with what is kept.
func Records(ctx context.Context, log Log, from Position) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		first, next, err := log.Bounds(from.Kind, from.Partition)
		if err != nil {
			yield(Record{}, fmt.Errorf("reading the bounds of %s/%d: %w", from.Kind, from.Partition, err))
			return
		}
		from.Offset = max(from.Offset, first)
		if from.Offset >= next {
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		subscriber := log.Subscriber(from)
		defer subscriber.Close()
		records, err := subscriber.Subscribe(ctx, from.Kind.Topic())
		if err != nil {
			yield(Record{}, fmt.Errorf("reading from %s: %w", from, err))
			return
		}
		at := from.Offset
		for m := range records {
			at = PositionOf(m).Offset + 1
			more := yield(Record{PositionOf(m), ChecksumOf(m), m.Payload}, nil)
			m.Ack()
			if !more || at >= next {
				return
			}
		}
		yield(Record{}, fmt.Errorf("reading %s/%d ended before offset %d of %d: %w", from.Kind, from.Partition, at, next, ended(ctx, log)))
	}
}

// ended says why a subscription did.
func ended(ctx context.Context, log Log) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return log.Err()
}
