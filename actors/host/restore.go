package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/internal/zpack"
	"outcry/projections"
)

// part is one immutable part that the newest checkpoint names: how many bytes
// of entries it has, and how many of them are still some entity's newest.
type part struct {
	key        projections.PartKey
	size, live int64
}

// source is where states come from: checkpoints and the log.
type source struct{ config *Config }

// loadable is a stored checkpoint.
type loadable struct{ row projections.Checkpoint }

// loaded is a checkpoint whose parts were read, in the order of their keys.
type loaded struct {
	row      projections.Checkpoint
	head     partHead
	parts    []*part
	entities map[string]*loadedEntity // the newest entry of each
}

type loadedEntity struct {
	entry
	part *part
	size int64
}

// errParts marks a checkpoint whose parts can't be used; an older one may do.
var errParts = errors.New("the checkpoint's parts can't be used")

// load reads a checkpoint whole and checks it against its own hash.
func (c source) load(ctx context.Context, row projections.Checkpoint) (*loaded, error) {
	l := &loaded{row: row, head: partHead{key: projections.PartKey{Offset: -1}}, entities: map[string]*loadedEntity{}}
	keys := slices.Clone(row.Parts)
	slices.SortFunc(keys, func(a, b projections.PartKey) int {
		if a.Offset != b.Offset {
			return int(min(1, max(-1, a.Offset-b.Offset)))
		}
		return int(a.Index - b.Index)
	})
	for _, key := range keys {
		if err := c.loadPart(ctx, l, key); err != nil {
			return nil, fmt.Errorf("reading part %d of %s/%d@%d by %s: %w", key.Index, key.Kind, key.Partition, key.Offset, key.Writer, err)
		}
	}
	if l.head.key.Offset != row.Offset {
		return nil, fmt.Errorf("%w: no part of offset %d is among them", errParts, row.Offset)
	}
	if h := l.hash(); h != row.Hash {
		return nil, fmt.Errorf("%w: they make the state %s, not %s", errParts, h, row.Hash)
	}
	return l, nil
}

func (c source) loadPart(ctx context.Context, l *loaded, key projections.PartKey) error {
	packed, err := c.config.Checkpoints.Part(ctx, key)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", errParts, err)
	}
	raw, err := zpack.Unpack(packed)
	if err != nil {
		return fmt.Errorf("%w: %w", errParts, err)
	}
	head, entries, sizes, err := readPart(raw, key)
	if err != nil {
		return fmt.Errorf("%w: %w", errParts, err)
	}
	p := &part{key: key}
	l.head = head
	l.parts = append(l.parts, p)
	for i := range entries {
		p.size += sizes[i]
		p.live += sizes[i]
		if old := l.entities[entries[i].id]; old != nil {
			old.part.live -= old.size
		}
		// The entities outlive the part's bytes one by one.
		entries[i].snapshot = bytes.Clone(entries[i].snapshot)
		l.entities[entries[i].id] = &loadedEntity{entry: entries[i], part: p, size: sizes[i]}
	}
	return nil
}

func (l *loaded) hash() digest.Hash {
	all := make([]*entity, 0, len(l.entities))
	for _, le := range l.entities {
		all = append(all, &entity{id: le.id, hash: le.hash, parked: le.parked})
	}
	slices.SortFunc(all, byID)
	return hashOf(all)
}

// adopt makes the loaded state the shard's (or that of its one entity). The
// entities stay packed until they are touched.
func (s *shard) adopt(l *loaded) {
	s.offset, s.checksum, s.ingest = l.row.Offset, l.row.Checksum, l.row.TimeNs
	s.now = l.head.now
	s.schedule.since, s.schedule.bytes = l.head.since, l.head.bytes
	s.parts, s.saved = l.parts, &loadable{row: l.row}
	for _, le := range l.entities {
		if s.only != "" && s.only != le.id {
			continue
		}
		e := &entity{
			id: le.id, due: -1, packed: le.snapshot, hash: le.hash, parked: le.parked,
			touched: le.touched, part: le.part, partBytes: le.size,
		}
		s.add(e)
		s.due.set(e, le.deadline)
	}
}

// restore brings the shard to its newest usable checkpoint, or leaves it empty
// when there is none and the log is whole. A log that is not the one that was
// folded is an error that names the place.
func (s *shard) restore(ctx context.Context) error {
	stored, err := s.source.config.Checkpoints.Checkpoints(ctx, s.kind, s.partition)
	if err != nil {
		return fmt.Errorf("reading the checkpoints of %s/%d: %w", s.kind, s.partition, err)
	}
	for _, row := range stored {
		if err := s.source.verify(row); err != nil {
			return err
		}
		l, err := s.source.load(ctx, row)
		switch {
		case err == nil:
			s.adopt(l)
			return nil
		case !errors.Is(err, errParts):
			return err
		}
		s.log.Warn("checkpoint can't be used, trying the one before", "offset", row.Offset, "err", err)
	}
	if len(stored) > 0 {
		return fmt.Errorf("restoring %s/%d: none of its %d checkpoints can be used", s.kind, s.partition, len(stored))
	}
	return s.source.verifyStart(s.kind, s.partition)
}

// ErrOtherLog: going on would give other facts to numbers that were seen.
var ErrOtherLog = errors.New("the log is not the one that was folded")

// verify says whether the log is the one that was folded up to the checkpoint.
func (c source) verify(row projections.Checkpoint) error {
	at := events.Position{Kind: row.Kind, Partition: row.Partition, Offset: row.Offset}
	if lineage := c.config.Log.Lineage(); row.Lineage != lineage {
		return fmt.Errorf("%w: its lineage is %s, that of the checkpoint at %s is %s", ErrOtherLog, lineage, at, row.Lineage)
	}
	first, next, err := c.config.Log.Bounds(row.Kind, row.Partition)
	if err != nil {
		return fmt.Errorf("reading the bounds of %s/%d: %w", row.Kind, row.Partition, err)
	}
	if row.Offset < first || row.Offset >= next {
		return fmt.Errorf("%w: it holds offsets %d to %d, the checkpoint is at %s", ErrOtherLog, first, next-1, at)
	}
	checksum, err := c.config.Log.Checksum(at)
	if err != nil {
		return fmt.Errorf("reading the checksum of %s: %w", at, err)
	}
	if checksum != row.Checksum {
		return fmt.Errorf("%w: the record at %s has checksum %016x, the checkpoint saw %016x", ErrOtherLog, at, checksum, row.Checksum)
	}
	return nil
}

func (c source) verifyStart(kind events.Kind, partition int32) error {
	first, _, err := c.config.Log.Bounds(kind, partition)
	if err != nil {
		return fmt.Errorf("reading the bounds of %s/%d: %w", kind, partition, err)
	}
	if first != 0 {
		return fmt.Errorf("restoring %s/%d: there is no checkpoint and the log begins at offset %d", kind, partition, first)
	}
	return nil
}

// follow folds the log into s up to and including offset to. folded, when not
// nil, is called after each record; its error ends it.
func (c source) follow(ctx context.Context, s *shard, to int64, folded func(ctx context.Context) error) error {
	if s.offset >= to {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	messages, err := c.config.Log.Subscriber(s.at(s.offset+1)).Subscribe(ctx, s.kind.Topic())
	if err != nil {
		cancel()
		return fmt.Errorf("reading the log from %s: %w", s.at(s.offset+1), err)
	}
	defer drain(cancel, messages)
	for m := range messages {
		_, err := s.fold(ctx, recordOf(m))
		m.Ack()
		if err != nil {
			return err
		}
		if folded != nil {
			if err := folded(ctx); err != nil {
				return err
			}
		}
		if s.offset >= to {
			return nil
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return fmt.Errorf("the log ended before %s: %w", s.at(s.offset+1), closedBy(c.config.Log))
}

// drain ends a subscription and waits until it has ended.
func drain(cancel func(), messages <-chan *message.Message) {
	cancel()
	for m := range messages {
		m.Ack()
	}
}

// closedBy is the log's error after a subscription ended by itself.
func closedBy(log events.Log) error {
	if err := log.Err(); err != nil {
		return err
	}
	return errors.New("the subscription was closed")
}

func recordOf(m *message.Message) record {
	return record{offset: events.PositionOf(m).Offset, checksum: events.ChecksumOf(m), payload: m.Payload}
}
