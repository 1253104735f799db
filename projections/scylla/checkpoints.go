package scylla

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"outcry/events"
	"outcry/projections"
	"outcry/projections/words"
)

func checkpointArgs(c projections.Checkpoint) ([]any, error) {
	parts, err := words.Parts(c)
	return []any{c.Kind.String(), c.Partition, c.Offset, c.Writer, strconv.FormatUint(c.Checksum, 16), c.Hash.String(), c.Lineage, c.TimeNs, parts}, err
}

// Checkpoints of a shard, newest first.
func (s *Store) Checkpoints(ctx context.Context, kind events.Kind, partition int32) (found []projections.Checkpoint, err error) {
	err = each(ctx, s, s.reads.checkpoints, pageMost, []any{kind.String(), partition}, scanCheckpoint, func(c projections.Checkpoint) bool {
		found = append(found, c)
		return true
	})
	return found, err
}

func scanCheckpoint(r row) (c projections.Checkpoint, ok bool, err error) {
	var kind, checksum, hash, parts string
	if !r(&kind, &c.Partition, &c.Offset, &c.Writer, &checksum, &hash, &c.Lineage, &c.TimeNs, &parts) {
		return c, false, nil
	}
	what := fmt.Sprintf("checkpoint %d of %s/%d", c.Offset, kind, c.Partition)
	if c.Kind, err = words.Kind(kind); err != nil {
		return c, true, damaged(what, err)
	}
	if c.Checksum, err = strconv.ParseUint(checksum, 16, 64); err != nil {
		return c, true, damaged(what, err)
	}
	sum, err := hex.DecodeString(hash)
	if err != nil || copy(c.Hash[:], sum) != len(c.Hash) || len(sum) != len(c.Hash) {
		return c, true, damaged(what, fmt.Errorf("hash %q", hash))
	}
	c.Parts, err = words.ParseParts(parts, c.Kind, c.Partition)
	return c, true, damaged(what, err)
}

// Prune drops checkpoints of a shard but the newest keep, and parts up to the
// newest one that no kept one names. Only these rows are ever deleted.
func (s *Store) Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error {
	if keep < 1 {
		return fmt.Errorf("pruning %v/%d: %d checkpoints would be kept, at least 1 must", kind, partition, keep)
	}
	all, err := s.Checkpoints(ctx, kind, partition)
	if err != nil || len(all) == 0 {
		return err
	}
	kept := all[:min(keep, len(all))]
	if err := s.drop(ctx, all[len(kept):]); err != nil {
		return fmt.Errorf("pruning %v/%d: %w", kind, partition, explain(err))
	}
	if err := s.dropParts(ctx, kind, partition, kept); err != nil {
		return fmt.Errorf("pruning parts of %v/%d: %w", kind, partition, explain(err))
	}
	return nil
}

func (s *Store) drop(ctx context.Context, checkpoints []projections.Checkpoint) error {
	for _, c := range checkpoints {
		if err := s.query(ctx, s.writes.dropCheckpoint, c.Kind.String(), c.Partition, c.Offset, c.Writer).Exec(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dropParts(ctx context.Context, kind events.Kind, partition int32, kept []projections.Checkpoint) error {
	named := map[projections.PartKey]bool{}
	for _, c := range kept {
		for _, k := range c.Parts {
			named[k] = true
		}
	}
	var idle []projections.PartKey
	err := s.walk(ctx, s.reads.parts, pageMost, []any{kind.String(), partition, kept[0].Offset}, func(r row) (bool, error) {
		k := projections.PartKey{Kind: kind, Partition: partition}
		if !r(&k.Offset, &k.Writer, &k.Index) {
			return false, nil
		}
		if !named[k] {
			idle = append(idle, k)
		}
		return true, nil
	})
	for _, k := range idle {
		if err == nil { // the part first: its index row is how it is found again
			err = s.query(ctx, s.writes.dropPart, partKey(k)...).Exec()
		}
		if err == nil {
			err = s.query(ctx, s.writes.dropPartIndex, partKey(k)...).Exec()
		}
	}
	return err
}
