package host

import (
	"context"
	"fmt"
	"log/slog"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
)

// Replay folds one partition of a log outside of any actor, from offset 0 (from nil) or from
// a checkpoint, up to and including offset to, and gives each entity's hash.
// parts is needed for a checkpoint only. progress, when not nil, is called
// after each record. An offset that the log does not hold is an error.
func Replay(ctx context.Context, log events.Log, kind events.Kind, partition int32, from *projections.Checkpoint, parts Checkpoints, to int64, progress func(offset int64)) (map[string]digest.Hash, error) {
	c := Config{Log: log, Checkpoints: parts, Logger: slog.Default()}.withDefaults()
	return replay(ctx, &c, kind, partition, from, to, progress)
}

func replay(ctx context.Context, c *Config, kind events.Kind, partition int32, from *projections.Checkpoint, to int64, progress func(offset int64)) (map[string]digest.Hash, error) {
	s := newShard(c, kind, partition)
	if from != nil {
		if err := s.source.verify(*from); err != nil {
			return nil, err
		}
		l, err := s.source.load(ctx, *from)
		if err != nil {
			return nil, err
		}
		s.adopt(l)
	}
	first, next, err := c.Log.Bounds(kind, partition)
	if err != nil {
		return nil, fmt.Errorf("reading the bounds of %s/%d: %w", kind, partition, err)
	}
	if s.offset+1 < first || to >= next || to < s.offset {
		return nil, fmt.Errorf("replaying %s/%d from offset %d to %d: the log holds %d to %d", kind, partition, s.offset+1, to, first, next-1)
	}
	folded := func(context.Context) error {
		if progress != nil {
			progress(s.offset)
		}
		return nil
	}
	if err := s.source.follow(ctx, s, to, folded); err != nil {
		return nil, err
	}
	return s.hashes(), nil
}
