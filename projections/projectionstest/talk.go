package projectionstest

import (
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

func message(room string, seq uint64) *outcryv1.Message {
	return &outcryv1.Message{Room: room, Seq: seq, ChangeSeq: seq, Kind: outcryv1.MessageKind_MESSAGE_KIND_POST, User: "ann"}
}

// What a person wrote comes back letter by letter.
func messagesWhole(t *testing.T, s projections.Store) {
	whole := message("r", 1)
	whole.ClockUs, whole.EventTimeNs, whole.EditedUs = 1, -2, 3
	whole.Text = &outcryv1.Text{Data: []byte("5 > 3 & \"ü\" 👍\n\t'; DROP TABLE messages; --\x00end"), Characters: 40}
	whole.ClientMsgId = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}
	whole.ReplyTo, whole.ThreadRoot, whole.AlsoRepliesTo, whole.TargetSeq = 4, 5, []uint64{6, 1 << 62}, 7
	whole.Emoji, whole.Role, whole.Deleted, whole.Imported, whole.ChangeSeq = "🦊", outcryv1.Role_ROLE_OWNER, true, true, 12
	whole.Settings = &outcryv1.RoomSettings{Title: "<b>", Topic: "t", MaxCharacters: 10, Private: true, SinceJoin: true}
	whole.Reactions = []*outcryv1.Reaction{{Emoji: "👍", Users: []string{"ann", "bob \"x\""}}, {Emoji: "e"}}
	encrypted := message("r", 2)
	encrypted.Text = &outcryv1.Text{KeyId: 7, Data: []byte{0xff, 0xfe, 0, 1}, Characters: 4}
	silent, empty, odd := message("r", 3), message("r", 4), message("r", 5)
	silent.Settings = &outcryv1.RoomSettings{}
	empty.Text = &outcryv1.Text{}
	odd.Text = &outcryv1.Text{Data: []byte{0xff, 'a', 0xc0}} // not UTF-8: gateways refuse it, a store still must not change it
	odd.Kind = 99                                            // of a newer version
	want := []*outcryv1.Message{whole, encrypted, silent, empty, odd}
	write(t, s, &projections.Rows{Messages: want})
	same(t, want, func() ([]*outcryv1.Message, error) { return s.Messages(t.Context(), "r", 0, 0, 10, false) })
	same(t, encrypted, func() (*outcryv1.Message, error) { return s.Message(t.Context(), "r", 2) })
	same(t, nil, func() (*outcryv1.Message, error) { return s.Message(t.Context(), "r", 6) })
	same(t, nil, func() (*outcryv1.Message, error) { return s.Message(t.Context(), "R", 2) })

	older, edited := message("r", 1), message("r", 1)
	older.ChangeSeq, edited.ChangeSeq = 11, 13
	write(t, s, &projections.Rows{Messages: []*outcryv1.Message{older}})
	same(t, whole, func() (*outcryv1.Message, error) { return s.Message(t.Context(), "r", 1) })
	write(t, s, &projections.Rows{Messages: []*outcryv1.Message{edited, older}})
	same(t, edited, func() (*outcryv1.Message, error) { return s.Message(t.Context(), "r", 1) })
}

func messagesPaged(t *testing.T, s projections.Store) {
	rows := &projections.Rows{}
	for seq := uint64(40); seq > 0; seq-- {
		rows.Messages = append(rows.Messages, message("r", seq), message("q", seq))
	}
	write(t, s, rows)
	for _, c := range []struct {
		after, before uint64
		limit         int
		newest        bool
		first, last   uint64
	}{
		{0, 0, 100, false, 1, 40}, {0, 0, 5, false, 1, 5}, {0, 0, 5, true, 36, 40},
		{10, 0, 5, false, 11, 15}, {10, 13, 5, false, 11, 12}, {0, 10, 3, true, 7, 9}, {8, 10, 3, true, 9, 9}, {38, 0, 5, true, 39, 40},
	} {
		var want []*outcryv1.Message
		for seq := c.first; seq <= c.last; seq++ {
			want = append(want, message("r", seq))
		}
		same(t, want, func() ([]*outcryv1.Message, error) {
			return s.Messages(t.Context(), "r", c.after, c.before, c.limit, c.newest)
		})
	}
	same(t, nil, func() ([]*outcryv1.Message, error) { return s.Messages(t.Context(), "r", 40, 0, 5, false) })
	same(t, nil, func() ([]*outcryv1.Message, error) { return s.Messages(t.Context(), "r", 9, 10, 5, true) })
}

func member(room, user string, seq uint64, present bool) *outcryv1.Member {
	return &outcryv1.Member{Room: room, User: user, Seq: seq, Present: present, Role: outcryv1.Role_ROLE_MEMBER, ClockUs: int64(seq)}
}

func members(t *testing.T, s projections.Store) {
	ann, bob, cyd := member("r", "ann", 1, true), member("r", "bob", 4, false), member("r", "cyd", 3, true)
	write(t, s, &projections.Rows{Members: []*outcryv1.Member{cyd, member("r", "bob", 2, true), ann, bob, member("q", "dan", 1, true)}})
	write(t, s, &projections.Rows{Members: []*outcryv1.Member{member("r", "bob", 2, true), bob}}) // written again
	read := func(after string, limit int) func() ([]*outcryv1.Member, error) {
		return func() ([]*outcryv1.Member, error) { return s.Members(t.Context(), "r", after, limit) }
	}
	same(t, []*outcryv1.Member{ann, bob, cyd}, read("", 10))
	same(t, []*outcryv1.Member{bob}, read("ann", 1))
	same(t, nil, read("cyd", 10))
}

func rooms(t *testing.T, s projections.Store) {
	a := &outcryv1.Room{Room: "a", HeadSeq: 9, Members: 2, Messages: 5, Settings: &outcryv1.RoomSettings{Title: "A & ü"}, ClockUs: 5}
	b, c := &outcryv1.Room{Room: "b", ClockUs: 1}, &outcryv1.Room{Room: "c", ClockUs: 1, Settings: &outcryv1.RoomSettings{}}
	write(t, s, &projections.Rows{
		Rooms:   []*outcryv1.Room{c, a, b, {Room: "a", HeadSeq: 18, Members: 3, ClockUs: 4}},
		Members: []*outcryv1.Member{member("a", "ann", 1, true), member("c", "ann", 1, true), member("b", "bob", 1, true), member("c", "bob", 2, true)},
	})
	read := func(user, after string, limit int) func() ([]*outcryv1.Room, error) {
		return func() ([]*outcryv1.Room, error) { return s.Rooms(t.Context(), user, after, limit) }
	}
	same(t, []*outcryv1.Room{a, b, c}, read("", "", 10))
	same(t, []*outcryv1.Room{b}, read("", "a", 1))
	same(t, []*outcryv1.Room{a, c}, read("ann", "", 10))
	same(t, []*outcryv1.Room{c}, read("ann", "a", 10))
	same(t, nil, read("eve", "", 10))
	write(t, s, &projections.Rows{Members: []*outcryv1.Member{member("c", "ann", 5, false), member("a", "ann", 0, false)}}) // left c; the other is old
	same(t, []*outcryv1.Room{a}, read("ann", "", 10))
	same(t, a, func() (*outcryv1.Room, error) { return s.Room(t.Context(), "a") })
	same(t, nil, func() (*outcryv1.Room, error) { return s.Room(t.Context(), "A") })
}
