package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// upserts are the statements of Write on one connection of the driver. By way of
// database/sql a row would cost 2 KB of garbage and a tenth of the time, for
// converting and copying its values.
type upserts struct {
	on  driver.ConnPrepareContext // nil: not prepared yet
	all []driver.Stmt

	latest, bars, dirty, blocks, messages, members, userRooms, rooms, parts, checkpoints driver.StmtExecContext
}

// prepare readies the statements on a connection, unless they are.
func (u *upserts) prepare(ctx context.Context, connection any) error {
	on, ok := connection.(driver.ConnPrepareContext)
	if !ok {
		return fmt.Errorf("the driver's connection %T prepares no statements", connection)
	}
	if u.on == on {
		return nil
	}
	*u = upserts{} // those of a connection that is gone are gone with it
	for _, s := range []struct {
		stmt *driver.StmtExecContext
		text string
	}{
		{&u.latest, upsert("latest", latestColumns, "instrument", "clock_us")},
		{&u.bars, upsert("bars", barColumns, "instrument,resolution,time", "clock_us")},
		{&u.dirty, "UPDATE bars SET dirty = 1 WHERE instrument = ? AND resolution = ? AND time = ? AND clock_us <= ?"},
		{&u.blocks, upsert("tick_blocks", blockColumns, "instrument,first_seq", "")},
		{&u.messages, upsert("messages", messageColumns, "room,seq", "change_seq")},
		{&u.members, upsert("room_members", memberColumns, "room,user", "seq")},
		{&u.userRooms, upsert("user_rooms", "user,room,present,seq", "user,room", "seq")},
		{&u.rooms, upsert("rooms", roomColumns, "room", "clock_us")},
		{&u.parts, upsert("snapshot_parts", partColumns, "kind,shard,at_offset,writer,part", "")},
		{&u.checkpoints, upsert("checkpoints", checkpointColumns, "kind,shard,at_offset,writer", "")},
	} {
		prepared, err := on.PrepareContext(ctx, s.text)
		if err != nil {
			return fmt.Errorf("preparing %q: %w", s.text, err)
		}
		u.all = append(u.all, prepared)
		if *s.stmt, ok = prepared.(driver.StmtExecContext); !ok {
			return fmt.Errorf("the driver's statement %T can't be executed with a context", prepared)
		}
	}
	u.on = on
	return nil
}

// close lets go of the statements; SQLite does not close a connection that has some.
func (u *upserts) close() error {
	var errs []error
	for _, stmt := range u.all {
		errs = append(errs, stmt.Close())
	}
	*u = upserts{}
	return errors.Join(errs...)
}

// writing is one transaction; the first error ends it.
type writing struct {
	ctx    context.Context
	pace   *pace
	err    error
	args   []any
	values []driver.NamedValue
}

func writeAll[R any](w *writing, stmt driver.StmtExecContext, what string, rows []R, args func(R, []any) ([]any, error)) {
	calm := context.WithoutCancel(w.ctx) // see transaction
	for i, row := range rows {
		if w.err != nil {
			return
		}
		w.pace.did(1)
		if w.err = w.ctx.Err(); w.err != nil {
			return
		}
		if w.args, w.err = args(row, w.args[:0]); w.err == nil {
			_, w.err = stmt.ExecContext(calm, w.named())
		}
		if w.err != nil {
			w.err = fmt.Errorf("writing %s %d: %w", what, i, w.err)
		}
	}
}

// named gives args in the few types that drivers take.
func (w *writing) named() []driver.NamedValue {
	w.values = w.values[:0]
	for i, v := range w.args {
		switch n := v.(type) {
		case int32:
			v = int64(n)
		case uint32:
			v = int64(n)
		case int:
			v = int64(n)
		}
		w.values = append(w.values, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return w.values
}
