package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"outcry/internal/tickpack"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Write stores all rows or none.
func (s *Store) Write(ctx context.Context, rows *projections.Rows) error {
	err := s.transaction(ctx, len(rows.Checkpoints) > 0, func(conn *sql.Conn, _ *sql.Tx) error {
		return conn.Raw(func(connection any) error { return s.write(ctx, connection, rows) })
	})
	if err != nil {
		return fmt.Errorf("writing %d rows: %w", rows.Len(), explain(err))
	}
	return nil
}

func (s *Store) write(ctx context.Context, connection any, rows *projections.Rows) error {
	u := &s.upserts
	if err := u.prepare(ctx, connection); err != nil {
		return err
	}
	s.pace.begin()
	defer s.pace.end()
	w := writing{ctx: ctx, pace: &s.pace}
	writeAll(&w, u.latest, "latest", rows.Latest, latestArgs)
	writeAll(&w, u.bars, "bar", rows.Bars, barArgs)
	writeAll(&w, u.dirty, "dirty bar", rows.Dirty, dirtyArgs)
	writeAll(&w, u.blocks, "tick block", rows.Blocks, func(b *outcryv1.TickBlock, args []any) ([]any, error) {
		s.pace.did(paceBlock)
		return blockArgs(b, tickpack.Pack(b.Data), args), nil
	})
	writeAll(&w, u.messages, "message", rows.Messages, messageArgs)
	writeAll(&w, u.members, "member", rows.Members, memberArgs)
	writeAll(&w, u.userRooms, "user's room", rows.Members, userRoomArgs)
	writeAll(&w, u.rooms, "room", rows.Rooms, roomArgs)
	writeAll(&w, u.parts, "part", rows.Parts, partArgs)
	writeAll(&w, u.checkpoints, "checkpoint", rows.Checkpoints, checkpointArgs)
	return w.err
}
