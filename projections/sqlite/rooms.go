package sqlite

import (
	"context"
	"database/sql"

	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	memberColumns = "room, user, role, present, seq, clock_us"
	roomColumns   = "room, head_seq, members, messages, settings, clock_us"
)

// Members by user after after, those who left included.
func (s *Store) Members(ctx context.Context, room, after string, limit int) ([]*outcryv1.Member, error) {
	return collect(ctx, s, scanMember, "SELECT "+memberColumns+
		" FROM room_members WHERE room = ? AND user > ? ORDER BY user LIMIT ?", room, after, atMost(limit))
}

// Rooms by id after after; only rooms in which user is present when user is not empty.
func (s *Store) Rooms(ctx context.Context, user, after string, limit int) ([]*outcryv1.Room, error) {
	if user == "" {
		return collect(ctx, s, scanRoom, "SELECT "+roomColumns+" FROM rooms WHERE room > ? ORDER BY room LIMIT ?", after, atMost(limit))
	}
	return collect(ctx, s, scanRoom, "SELECT "+roomColumns+
		" FROM user_rooms JOIN rooms USING (room) WHERE user = ? AND room > ? AND present ORDER BY room LIMIT ?", user, after, atMost(limit))
}

// Room gives one room, nil when there is none.
func (s *Store) Room(ctx context.Context, room string) (*outcryv1.Room, error) {
	return one(collect(ctx, s, scanRoom, "SELECT "+roomColumns+" FROM rooms WHERE room = ?", room))
}

func memberArgs(m *outcryv1.Member, args []any) ([]any, error) {
	return append(args, m.Room, m.User, roles.word(int32(m.Role)), m.Present, int64(m.Seq), m.ClockUs), nil
}

func userRoomArgs(m *outcryv1.Member, args []any) ([]any, error) {
	return append(args, m.User, m.Room, m.Present, int64(m.Seq)), nil
}

func roomArgs(r *outcryv1.Room, args []any) ([]any, error) {
	set, err := orNull(words.Settings(r.Settings))
	return append(args, r.Room, int64(r.HeadSeq), int64(r.Members), int64(r.Messages), set, r.ClockUs), err
}

func scanMember(rows *sql.Rows) (*outcryv1.Member, error) {
	m := &outcryv1.Member{}
	var role string
	if err := rows.Scan(&m.Room, &m.User, &role, &m.Present, &m.Seq, &m.ClockUs); err != nil {
		return nil, err
	}
	value, err := roles.value(role)
	m.Role = outcryv1.Role(value)
	return m, err
}

func scanRoom(rows *sql.Rows) (r *outcryv1.Room, err error) {
	r = &outcryv1.Room{}
	var set text
	if err := rows.Scan(&r.Room, &r.HeadSeq, &r.Members, &r.Messages, &set, &r.ClockUs); err != nil {
		return nil, err
	}
	r.Settings, err = words.ParseSettings(set.V)
	return r, damaged(err)
}
