package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"

	"outcry/events"
	"outcry/projections"
	"outcry/projections/words"
)

const (
	partColumns       = "kind, shard, at_offset, writer, part, data"
	checkpointColumns = "kind, shard, at_offset, writer, checksum, hash, lineage, time_ns, parts"
)

func partArgs(p projections.Part, args []any) ([]any, error) {
	k := p.Key
	data := p.Data
	if data == nil {
		data = []byte{} // nil would be NULL
	}
	return append(args, k.Kind.String(), k.Partition, k.Offset, k.Writer, k.Index, data), nil
}

func checkpointArgs(c projections.Checkpoint, args []any) ([]any, error) {
	parts, err := words.Parts(c)
	return append(args, c.Kind.String(), c.Partition, c.Offset, c.Writer, strconv.FormatUint(c.Checksum, 16), c.Hash.String(),
		c.Lineage, c.TimeNs, parts), err
}

// Checkpoints of a shard, newest first.
func (s *Store) Checkpoints(ctx context.Context, kind events.Kind, partition int32) ([]projections.Checkpoint, error) {
	return collect(ctx, s, scanCheckpoint, selectCheckpoints, kind.String(), partition)
}

const selectCheckpoints = "SELECT " + checkpointColumns + " FROM checkpoints WHERE kind = ? AND shard = ? ORDER BY at_offset DESC, writer"

func scanCheckpoint(rows *sql.Rows) (c projections.Checkpoint, err error) {
	var kind, checksum, hash string
	var parts text
	if err := rows.Scan(&kind, &c.Partition, &c.Offset, &c.Writer, &checksum, &hash, &c.Lineage, &c.TimeNs, &parts); err != nil {
		return c, err
	}
	if c.Kind, err = kindOf(kind); err != nil {
		return c, err
	}
	if c.Checksum, err = strconv.ParseUint(checksum, 16, 64); err != nil {
		return c, fmt.Errorf("reading a checkpoint's checksum: %w: %w", ErrDamaged, err)
	}
	if n, err := hex.Decode(c.Hash[:], []byte(hash[:min(len(hash), 2*len(c.Hash))])); err != nil || n != len(c.Hash) {
		return c, fmt.Errorf("reading a checkpoint's hash %q: %w", hash, ErrDamaged)
	}
	c.Parts, err = words.ParseParts(parts.V, c.Kind, c.Partition)
	return c, damaged(err)
}

// Part gives the bytes as they were written, or projections.ErrNoPart.
func (s *Store) Part(ctx context.Context, k projections.PartKey) ([]byte, error) {
	found, err := collect(ctx, s, scanData,
		"SELECT data FROM snapshot_parts WHERE kind = ? AND shard = ? AND at_offset = ? AND writer = ? AND part = ?",
		k.Kind.String(), k.Partition, k.Offset, k.Writer, k.Index)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("reading part %d of %v/%d@%d by %s: %w", k.Index, k.Kind, k.Partition, k.Offset, k.Writer, projections.ErrNoPart)
	}
	return found[0], nil
}

func scanData(rows *sql.Rows) (data []byte, err error) {
	err = rows.Scan(&data)
	return data, err
}

// Prune drops checkpoints of a shard but the newest keep, and parts up to the
// newest one that no kept one names.
func (s *Store) Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error {
	if keep < 1 {
		return fmt.Errorf("pruning %v/%d: %d checkpoints would be kept, at least 1 must", kind, partition, keep)
	}
	err := s.transaction(ctx, false, func(_ *sql.Conn, tx *sql.Tx) error { return prune(ctx, tx, kind.String(), partition, keep) })
	if err != nil {
		return fmt.Errorf("pruning %v/%d: %w", kind, partition, explain(err))
	}
	return nil
}

func prune(ctx context.Context, tx *sql.Tx, kind string, shard int32, keep int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	const dropCheckpoints = `DELETE FROM checkpoints WHERE kind = ?1 AND shard = ?2 AND (at_offset, writer) NOT IN
		(SELECT at_offset, writer FROM checkpoints WHERE kind = ?1 AND shard = ?2 ORDER BY at_offset DESC, writer LIMIT ?3)`
	const dropParts = `DELETE FROM snapshot_parts WHERE kind = ?1 AND shard = ?2
		AND at_offset <= (SELECT max(at_offset) FROM checkpoints WHERE kind = ?1 AND shard = ?2)
		AND (at_offset, writer, part) NOT IN
		(SELECT p.value ->> 'offset', p.value ->> 'writer', p.value ->> 'part'
		 FROM checkpoints AS c, json_each(c.parts) AS p WHERE c.kind = ?1 AND c.shard = ?2)`
	if _, err := tx.ExecContext(ctx, dropCheckpoints, kind, shard, keep); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, dropParts, kind, shard)
	return err
}
