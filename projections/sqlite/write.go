package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"outcry/internal/zpack"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// upserts are the prepared statements of Write.
type upserts struct {
	latest, bars, dirty, blocks, messages, members, userRooms, rooms, parts, checkpoints *sql.Stmt
}

func (u *upserts) prepare(ctx context.Context, db *sql.DB) error {
	for _, s := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&u.latest, upsert("latest", latestColumns, "instrument", "clock_us")},
		{&u.bars, upsert("bars", barColumns, "instrument,resolution,time", "clock_us")},
		{&u.dirty, "UPDATE bars SET dirty = 1 WHERE instrument = ? AND resolution = ? AND time = ?"},
		{&u.blocks, upsert("tick_blocks", blockColumns, "instrument,first_seq", "")},
		{&u.messages, upsert("messages", messageColumns, "room,seq", "change_seq")},
		{&u.members, upsert("room_members", memberColumns, "room,user", "seq")},
		{&u.userRooms, upsert("user_rooms", "user,room,present,seq", "user,room", "seq")},
		{&u.rooms, upsert("rooms", roomColumns, "room", "clock_us")},
		{&u.parts, upsert("snapshot_parts", partColumns, "kind,shard,at_offset,writer,part", "")},
		{&u.checkpoints, upsert("checkpoints", checkpointColumns, "kind,shard,at_offset,writer", "")},
	} {
		var err error
		if *s.stmt, err = db.PrepareContext(ctx, s.text); err != nil {
			return fmt.Errorf("preparing %q: %w", s.text, err)
		}
	}
	return nil
}

// Write stores all rows or none.
func (s *Store) Write(ctx context.Context, rows *projections.Rows) error {
	packed := make([][]byte, len(rows.Blocks)) // before the transaction, which others wait for
	for i, b := range rows.Blocks {
		packed[i] = zpack.Pack(b.Data)
	}
	err := s.transaction(ctx, len(rows.Checkpoints) > 0, func(tx *sql.Tx) error {
		w := writing{ctx: ctx, tx: tx}
		u := &s.upserts
		writeAll(&w, u.latest, "latest", rows.Latest, latestArgs)
		writeAll(&w, u.bars, "bar", rows.Bars, barArgs)
		writeAll(&w, u.dirty, "dirty bar", rows.Dirty, dirtyArgs)
		next := 0
		writeAll(&w, u.blocks, "tick block", rows.Blocks, func(b *outcryv1.TickBlock, args []any) ([]any, error) {
			next++
			return blockArgs(b, packed[next-1], args), nil
		})
		writeAll(&w, u.messages, "message", rows.Messages, messageArgs)
		writeAll(&w, u.members, "member", rows.Members, memberArgs)
		writeAll(&w, u.userRooms, "user's room", rows.Members, userRoomArgs)
		writeAll(&w, u.rooms, "room", rows.Rooms, roomArgs)
		writeAll(&w, u.parts, "part", rows.Parts, partArgs)
		writeAll(&w, u.checkpoints, "checkpoint", rows.Checkpoints, checkpointArgs)
		return w.err
	})
	if err != nil {
		return fmt.Errorf("writing %d rows: %w", rows.Len(), explain(err))
	}
	return nil
}

// writing is one transaction; the first error ends it.
type writing struct {
	ctx  context.Context
	tx   *sql.Tx
	err  error
	args []any
}

func writeAll[R any](w *writing, stmt *sql.Stmt, what string, rows []R, args func(R, []any) ([]any, error)) {
	if len(rows) == 0 || w.err != nil {
		return
	}
	calm := context.WithoutCancel(w.ctx) // see transaction
	prepared := w.tx.StmtContext(calm, stmt)
	for i, row := range rows {
		if i%256 == 0 && w.ctx.Err() != nil {
			w.err = w.ctx.Err()
			return
		}
		if w.args, w.err = args(row, w.args[:0]); w.err == nil {
			_, w.err = prepared.ExecContext(calm, w.args...)
		}
		if w.err != nil {
			w.err = fmt.Errorf("writing %s %d: %w", what, i, w.err)
			return
		}
	}
}
