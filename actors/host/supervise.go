package host

import (
	"context"
	"fmt"

	"outcry/events"
	"outcry/internal/digest"
	outcryv1 "outcry/proto/outcry/v1"
)

// recoverEntity is what happens when the rules panicked: the entity is rebuilt
// as it was before this turn and the turn tried once more; if that panics, too,
// the entity is parked. An error is one of the store or the log: then nothing
// can be decided, and the shard stops before this record.
func (s *shard) recoverEntity(ctx context.Context, e *entity, b *events.Batch, group int, reason any) (parked bool, err error) {
	at := s.at(s.offset + 1)
	s.log.Warn("fold panicked, rebuilding the entity", "entity", e.id, "at", at.String(), "reason", fmt.Sprint(reason))
	before, again, err := s.rebuild(ctx, e.id, b, group)
	if err != nil {
		return false, fmt.Errorf("rebuilding %s at %s after a panic (%v): %w", e.id, at, reason, err)
	}
	s.reset(e, before.packed, before.hash, before.deadline)
	if again == nil {
		again = s.try(e, b, group)
	}
	if again == nil {
		return false, nil
	}
	s.reset(e, before.packed, before.hash, 0)
	s.park(e, at, fmt.Sprint(again))
	s.refuseParked(e, b, group)
	return true, nil
}

// park takes e out of service for good: its inputs are refused from now on.
func (s *shard) park(e *entity, at events.Position, reason string) {
	e.parked = &parking{offset: at.Offset, reason: reason}
	s.log.Error("entity parked: the same record failed twice", "entity", e.id, "at", at.String(), "reason", reason)
	if s.observer.Parked != nil {
		s.observer.Parked(s.kind, s.partition, e.id, at, reason)
	}
}

func (s *shard) refuseParked(e *entity, b *events.Batch, group int) {
	if group == advance {
		return
	}
	_, inputs := s.rules.group(b, group)
	s.counts.Refused += uint64(inputs)
	s.counts.refuse(Refusal{Entity: e.id, Code: outcryv1.ErrorCode_ERROR_CODE_ENTITY_PARKED, Text: e.parked.text()})
}

func (p *parking) text() string {
	return fmt.Sprintf("parked at offset %d: %s", p.offset, p.reason)
}

// rebuilt is an entity in its snapshot bytes.
type rebuilt struct {
	packed   []byte
	hash     digest.Hash
	deadline int64
}

// rebuild folds one entity again, from the newest stored checkpoint up to just
// before a turn of the record after s.offset. panicked is what that folding
// itself panicked with; before is then the entity as of the checkpoint.
func (s *shard) rebuild(ctx context.Context, id string, b *events.Batch, group int) (before rebuilt, panicked any, err error) {
	one := newShard(s.source.config, s.kind, s.partition)
	one.only, one.observer = id, Observer{}
	if s.saved != nil {
		l, err := s.source.load(ctx, s.saved.row)
		if err != nil {
			return rebuilt{}, nil, err
		}
		one.adopt(l)
	}
	e := one.entity(id)
	one.awake(e)
	start := e.freeze()
	panicked, err = one.refold(ctx, s.offset, b, group)
	if err != nil || panicked != nil {
		return start, panicked, err
	}
	return e.freeze(), nil, nil
}

// refold goes on to offset and then through the turns of b before group.
func (s *shard) refold(ctx context.Context, offset int64, b *events.Batch, group int) (panicked any, err error) {
	defer func() {
		if r := recover(); r != nil {
			panicked = r
		}
	}()
	if err := s.source.follow(ctx, s, offset, nil); err != nil {
		return nil, err
	}
	if group == advance {
		return nil, nil
	}
	s.now = max(s.now, b.IngestTime)
	if err := s.advanceDue(ctx, b); err != nil {
		return nil, err
	}
	for i := range group {
		if id, _ := s.rules.group(b, i); id != s.only {
			continue
		}
		if err := s.turn(ctx, s.entity(s.only), b, i); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (e *entity) freeze() rebuilt {
	return rebuilt{packed: e.state.Snapshot([]byte{}), hash: e.state.Hash(), deadline: e.deadline}
}
