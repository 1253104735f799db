package scylla

import (
	"context"

	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

// Members by user after after, those who left included.
func (s *Store) Members(ctx context.Context, room, after string, limit int) (members []*outcryv1.Member, err error) {
	if limit < 1 || room == "" {
		return nil, first(ctx)
	}
	err = each(ctx, s, s.reads.members, limit, []any{room, after}, scanMember, func(m *outcryv1.Member) bool {
		members = append(members, m)
		return len(members) < limit
	})
	return members, err
}

// Rooms by id after after; only rooms in which user is present when user is not empty.
func (s *Store) Rooms(ctx context.Context, user, after string, limit int) ([]*outcryv1.Room, error) {
	if limit < 1 {
		return nil, first(ctx)
	}
	return listed(ctx, limit, after, func(after string, limit int) ([]string, error) {
		if user == "" {
			return s.names(ctx, roomNames, "", after, limit)
		}
		return s.roomsOf(ctx, user, after, limit)
	}, s.Room)
}

func (s *Store) roomsOf(ctx context.Context, user, after string, limit int) (rooms []string, err error) {
	err = s.walk(ctx, s.reads.userRooms, limit, []any{user, after}, func(r row) (bool, error) {
		var room string
		var present bool
		if !r(&room, &present) {
			return false, nil
		}
		if present {
			rooms = append(rooms, room)
		}
		return len(rooms) < limit, nil
	})
	return rooms, err
}

// Room gives one room, nil when there is none.
func (s *Store) Room(ctx context.Context, room string) (*outcryv1.Room, error) {
	if room == "" {
		return nil, first(ctx)
	}
	found, _, err := one(ctx, s, s.reads.room, scanRoom, room)
	return found, err
}

func memberArgs(m *outcryv1.Member) []any {
	return []any{m.Room, m.User, words.Roles.Word(int32(m.Role)), m.Present, int64(m.Seq), m.ClockUs, int64(m.Seq)}
}

func userRoomArgs(m *outcryv1.Member) []any {
	return []any{m.User, m.Room, m.Present, int64(m.Seq), int64(m.Seq)}
}

// roomArgs write empty settings where there are none: an older version may have had some.
func roomArgs(r *outcryv1.Room) ([]any, error) {
	set, err := words.Settings(r.Settings)
	return []any{r.Room, int64(r.HeadSeq), int64(r.Members), int64(r.Messages), set, r.ClockUs, r.ClockUs}, err
}

func scanMember(r row) (*outcryv1.Member, bool, error) {
	m := &outcryv1.Member{}
	var role string
	if !r(&m.Room, &m.User, &role, &m.Present, &m.Seq, &m.ClockUs) {
		return nil, false, nil
	}
	value, err := words.Roles.Value(role)
	m.Role = outcryv1.Role(value)
	return m, true, damaged("members of "+m.Room, err)
}

func scanRoom(r row) (*outcryv1.Room, bool, error) {
	room := &outcryv1.Room{}
	var set string
	if !r(&room.Room, &room.HeadSeq, &room.Members, &room.Messages, &set, &room.ClockUs) {
		return nil, false, nil
	}
	var err error
	room.Settings, err = words.ParseSettings(set)
	return room, true, damaged("room "+room.Room, err)
}
