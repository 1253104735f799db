package scylla

import (
	"context"
	"fmt"

	"outcry/projections"
)

// chunkBytes is what one row of a part holds: nodes take mutations of some MB badly.
const chunkBytes = 256 << 10

func partKey(k projections.PartKey) []any {
	return []any{k.Kind.String(), k.Partition, k.Offset, k.Writer, k.Index}
}

// partSize is how large a part is that was written to its end; -1 where there is none.
func (s *Store) partSize(ctx context.Context, k projections.PartKey) (int64, error) {
	size, ok, err := one(ctx, s, s.reads.partSize, func(r row) (size *int64, ok bool, err error) {
		ok = r(&size)
		return size, ok, nil
	}, partKey(k)...)
	if err != nil || !ok || size == nil {
		return -1, err
	}
	return *size, nil
}

// Part gives the bytes as they were written, or projections.ErrNoPart.
func (s *Store) Part(ctx context.Context, k projections.PartKey) ([]byte, error) {
	data, size := []byte{}, int64(-1)
	err := s.walk(ctx, s.reads.part, 4, partKey(k), func(r row) (bool, error) {
		var whole *int64
		var chunk *int
		var piece []byte
		if !r(&whole, &chunk, &piece) {
			return false, nil
		}
		if whole != nil {
			size = *whole
		}
		data = append(data, piece...)
		return true, nil
	})
	name := fmt.Sprintf("part %d of %v/%d@%d by %s", k.Index, k.Kind, k.Partition, k.Offset, k.Writer)
	switch {
	case err != nil:
		return nil, err
	case size < 0:
		return nil, fmt.Errorf("reading %s: %w", name, projections.ErrNoPart)
	case size != int64(len(data)):
		return nil, damaged(name, fmt.Errorf("%d bytes of %d", len(data), size))
	}
	return data, nil
}

// writePart writes a part unless it is there: its chunks, then its size, which says that it is whole.
func (s *Store) writePart(ctx context.Context, p projections.Part) error {
	size, err := s.partSize(ctx, p.Key)
	if err != nil || size >= 0 {
		return err
	}
	key := partKey(p.Key)
	if err := s.run(ctx, []group{{ops: []op{{s.writes.partIndex, key, 0}}}}); err != nil {
		return err
	}
	var chunks []group
	for i := 0; i*chunkBytes < len(p.Data); i++ {
		piece := p.Data[i*chunkBytes : min((i+1)*chunkBytes, len(p.Data))]
		args := append(append([]any{}, key...), i, piece)
		chunks = append(chunks, group{ops: []op{{s.writes.chunk, args, len(piece)}}})
	}
	if err := s.run(ctx, chunks); err != nil {
		return err
	}
	return s.run(ctx, []group{{ops: []op{{s.writes.partSize, append(append([]any{}, key...), int64(len(p.Data))), 0}}}})
}

// writeCheckpoint writes a checkpoint unless there is one of its key.
func (s *Store) writeCheckpoint(ctx context.Context, c projections.Checkpoint, args []any) error {
	there, err := s.Checkpoints(ctx, c.Kind, c.Partition)
	if err != nil {
		return err
	}
	for _, t := range there {
		if t.Offset == c.Offset && t.Writer == c.Writer {
			return nil
		}
	}
	return s.run(ctx, []group{{ops: []op{{s.writes.checkpoint, args, 0}}}})
}
