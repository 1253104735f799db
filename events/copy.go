package events

import (
	"context"
	"fmt"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"
)

// copyBytes bounds what is under way at once.
const copyBytes = 4 << 20

// Copy brings what from holds and to does not into to, byte for byte and to
// the same offsets, and gives how many records both hold then. A target that
// holds anything but the beginning of from is an error, and nobody else may
// write to it. progress is told how many of all records both hold, and the bytes copied.
func Copy(ctx context.Context, from, to Log, progress func(done, all, bytes int64)) (records int64, err error) {
	all, err := sizeOf(from)
	if err != nil {
		return 0, err
	}
	l := &logCopy{from: from, to: to, progress: func(done, bytes int64) { progress(done, all, bytes) }}
	for _, kind := range Kinds() {
		if have, want := to.Partitions(kind), from.Partitions(kind); have != want {
			return 0, fmt.Errorf("%s has %d partitions, the log has %d: a copy needs as many", kind.Topic(), have, want)
		}
		for p := range int32(from.Partitions(kind)) {
			if err := l.partition(ctx, kind, p); err != nil {
				return l.records, fmt.Errorf("copying %s/%d: %w", kind, p, err)
			}
		}
	}
	return l.records, nil
}

func sizeOf(log Log) (records int64, err error) {
	for _, kind := range Kinds() {
		for p := range int32(log.Partitions(kind)) {
			first, next, err := log.Bounds(kind, p)
			if err != nil {
				return 0, fmt.Errorf("reading the bounds of %s/%d: %w", kind, p, err)
			}
			if first > 0 {
				return 0, fmt.Errorf("%s/%d begins at offset %d: what was before is not kept any more, and a copy would have other offsets", kind, p, first)
			}
			records += next
		}
	}
	return records, nil
}

// logCopy is a copy under way.
type logCopy struct {
	from, to Log
	progress func(records, bytes int64)
	records  int64 // that both hold
	bytes    int64
}

// partition copies what the other one lacks, in order, a few records a call.
func (l *logCopy) partition(ctx context.Context, kind Kind, partition int32) error {
	at := Position{Kind: kind, Partition: partition}
	next, err := l.begun(at)
	if err != nil {
		return err
	}
	l.records += next
	at.Offset = next
	var group []Record
	size := 0
	for r, err := range Records(ctx, l.from, at) {
		if err != nil {
			return err
		}
		r.Payload = slices.Clone(r.Payload)
		group, size = append(group, r), size+len(r.Payload)
		if size >= copyBytes {
			if err := l.publish(group); err != nil {
				return err
			}
			group, size = group[:0], 0
		}
	}
	return l.publish(group)
}

// begun gives how many records an earlier copy brought, which must be these.
func (l *logCopy) begun(at Position) (next int64, err error) {
	first, next, err := l.to.Bounds(at.Kind, at.Partition)
	if err != nil || next == 0 {
		return 0, err
	}
	_, have, err := l.from.Bounds(at.Kind, at.Partition)
	if err != nil {
		return 0, err
	}
	if first > 0 || next > have {
		return 0, fmt.Errorf("the target holds offsets %d to %d, the log has %d records: it is another log", first, next-1, have)
	}
	at.Offset = next - 1
	ours, err := l.from.Checksum(at)
	if err != nil {
		return 0, err
	}
	theirs, err := l.to.Checksum(at)
	if err != nil {
		return 0, err
	}
	if ours != theirs {
		return 0, fmt.Errorf("the target has another record at %s: it is another log", at)
	}
	return next, nil
}

func (l *logCopy) publish(group []Record) error {
	if len(group) == 0 {
		return nil
	}
	kind := group[0].Position.Kind
	messages := make([]*message.Message, len(group))
	for i, r := range group {
		messages[i] = NewMessage(kind, r.Position.Partition, r.Payload)
	}
	if err := l.to.Publish(kind.Topic(), messages...); err != nil {
		return err
	}
	for i, r := range group {
		if got := PositionOf(messages[i]); got != r.Position {
			return fmt.Errorf("the record of %s came to %s: somebody else writes to the target", r.Position, got)
		}
		l.bytes += int64(len(r.Payload))
	}
	l.records += int64(len(group))
	l.progress(l.records, l.bytes)
	return nil
}
