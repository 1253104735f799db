package projectionstest

import (
	"bytes"
	"errors"
	"testing"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
)

// shard names part 0 of the suite's shard at offset 1.
var shard = projections.PartKey{Kind: events.Instrument, Partition: 3, Offset: 1, Writer: "w"}

func part(offset int64, index int32) projections.PartKey {
	k := shard
	k.Offset, k.Index = offset, index
	return k
}

func checkpoint(offset int64, parts ...projections.PartKey) projections.Checkpoint {
	return projections.Checkpoint{Kind: shard.Kind, Partition: shard.Partition, Offset: offset, Checksum: 1<<64 - 1,
		Hash: digest.Sum([]byte{byte(offset)}), Lineage: "l", Writer: "w", TimeNs: 5, Parts: parts}
}

func partsOf(keys ...projections.PartKey) (parts []projections.Part) {
	for _, k := range keys {
		parts = append(parts, projections.Part{Key: k, Data: []byte{byte(k.Offset), byte(k.Index), 0, 255}})
	}
	return parts
}

func checkpoints(t *testing.T, s projections.Store) {
	one, two := checkpoint(1, part(1, 0), part(1, 1)), checkpoint(2, part(1, 0), part(2, 0))
	elsewhere := checkpoint(9)
	elsewhere.Partition = 4
	otherKind := checkpoint(9)
	otherKind.Kind = events.Room
	changed := checkpoint(2)
	changed.Lineage = "another"
	large := projections.Part{Key: part(1, 2), Data: bytes.Repeat([]byte{7, 0}, 1<<16)}
	write(t, s, &projections.Rows{Parts: append(partsOf(part(1, 0), part(1, 1), part(2, 0)), large, projections.Part{Key: part(1, 3)}),
		Checkpoints: []projections.Checkpoint{two, one, elsewhere, otherKind}})
	write(t, s, &projections.Rows{Checkpoints: []projections.Checkpoint{changed}, Parts: []projections.Part{{Key: part(1, 0), Data: []byte("changed")}}})
	read := func(kind events.Kind, partition int32) func() ([]projections.Checkpoint, error) {
		return func() ([]projections.Checkpoint, error) { return s.Checkpoints(t.Context(), kind, partition) }
	}
	same(t, []projections.Checkpoint{two, one}, read(events.Instrument, 3))
	same(t, []projections.Checkpoint{elsewhere}, read(events.Instrument, 4))
	same(t, []projections.Checkpoint{otherKind}, read(events.Room, 3))
	same(t, nil, read(events.Room, 4))
	data := func(k projections.PartKey) func() ([]byte, error) {
		return func() ([]byte, error) { return s.Part(t.Context(), k) }
	}
	same(t, []byte{1, 0, 0, 255}, data(part(1, 0)))
	same(t, large.Data, data(part(1, 2)))
	if empty, err := s.Part(t.Context(), part(1, 3)); err != nil || len(empty) != 0 {
		t.Errorf("an empty part came back as %d bytes, %v", len(empty), err)
	}
	other := part(1, 0)
	other.Writer = "another"
	if _, err := s.Part(t.Context(), other); !errors.Is(err, projections.ErrNoPart) {
		t.Errorf("a part that is not there gave %v", err)
	}
}

// A part that is dropped while a kept checkpoint needs it is a shard that cannot start.
func prune(t *testing.T, s projections.Store) {
	base, early, late, coming := part(1, 0), part(2, 0), part(3, 0), part(4, 0)
	elsewhere := part(1, 0)
	elsewhere.Partition = 4
	write(t, s, &projections.Rows{Parts: partsOf(base, early, late, coming, elsewhere), Checkpoints: []projections.Checkpoint{
		checkpoint(1, base), checkpoint(2, base, early), checkpoint(3, base, late)}})
	gone := func(keys ...projections.PartKey) {
		t.Helper()
		for _, k := range keys {
			if _, err := s.Part(t.Context(), k); !errors.Is(err, projections.ErrNoPart) {
				t.Errorf("part %v: %v", k, err)
			}
		}
	}
	kept := func(keys ...projections.PartKey) {
		t.Helper()
		for _, k := range keys {
			if _, err := s.Part(t.Context(), k); err != nil {
				t.Error(err)
			}
		}
	}
	drop := func(keep int) {
		t.Helper()
		if err := s.Prune(t.Context(), shard.Kind, shard.Partition, keep); err != nil {
			t.Fatal(err)
		}
	}
	read := func() ([]projections.Checkpoint, error) {
		return s.Checkpoints(t.Context(), shard.Kind, shard.Partition)
	}
	drop(2)
	same(t, []projections.Checkpoint{checkpoint(3, base, late), checkpoint(2, base, early)}, read)
	kept(base, early, late, coming, elsewhere)
	drop(1)
	same(t, []projections.Checkpoint{checkpoint(3, base, late)}, read)
	gone(early)
	kept(base, late, coming, elsewhere) // coming is on its way to a checkpoint
	drop(1)                             // nothing to do
	kept(base, late, coming, elsewhere)
	if err := s.Prune(t.Context(), shard.Kind, shard.Partition, 0); err == nil {
		t.Error("the last checkpoint was given up")
	}
	drop(100)
	same(t, []projections.Checkpoint{checkpoint(3, base, late)}, read)
}
