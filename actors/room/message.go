package room

import (
	"bytes"
	"slices"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// cloneOf gives a message that may be changed until it is handed out. What it
// points to is shared: it must be replaced, never changed.
func cloneOf(m *outcryv1.Message) *outcryv1.Message {
	return &outcryv1.Message{
		Room: m.Room, Seq: m.Seq, Kind: m.Kind, User: m.User, ClockUs: m.ClockUs, EventTimeNs: m.EventTimeNs,
		Text: m.Text, ClientMsgId: m.ClientMsgId, ReplyTo: m.ReplyTo, ThreadRoot: m.ThreadRoot,
		AlsoRepliesTo: m.AlsoRepliesTo, TargetSeq: m.TargetSeq, Emoji: m.Emoji, Role: m.Role, Settings: m.Settings,
		Deleted: m.Deleted, EditedUs: m.EditedUs, Reactions: m.Reactions, ChangeSeq: m.ChangeSeq, Imported: m.Imported,
	}
}

// ownText copies a text out of an input; nil stays nil.
func ownText(t *outcryv1.Text) *outcryv1.Text {
	if t == nil {
		return nil
	}
	return &outcryv1.Text{KeyId: t.KeyId, Data: bytes.Clone(t.Data), Characters: t.Characters}
}

func ownSettings(s *outcryv1.RoomSettings) *outcryv1.RoomSettings {
	return &outcryv1.RoomSettings{Title: strings.Clone(s.GetTitle()), Topic: strings.Clone(s.GetTopic()),
		MaxCharacters: s.GetMaxCharacters(), Private: s.GetPrivate(), SinceJoin: s.GetSinceJoin()}
}

// ownPost copies a post out of a Base, as far as posts go.
func ownPost(room string, m *outcryv1.Message) *outcryv1.Message {
	own := &outcryv1.Message{
		Room: room, Seq: m.Seq, Kind: m.Kind, User: strings.Clone(m.User), ClockUs: m.ClockUs, EventTimeNs: m.EventTimeNs,
		Text: ownText(m.Text), ClientMsgId: bytes.Clone(m.ClientMsgId), ReplyTo: m.ReplyTo, ThreadRoot: m.ThreadRoot,
		AlsoRepliesTo: slices.Clone(m.AlsoRepliesTo), Deleted: m.Deleted, EditedUs: m.EditedUs,
		ChangeSeq: m.ChangeSeq, Imported: m.Imported,
	}
	for _, r := range m.Reactions {
		users := make([]string, len(r.Users))
		for i, u := range r.Users {
			users[i] = strings.Clone(u)
		}
		own.Reactions = append(own.Reactions, &outcryv1.Reaction{Emoji: strings.Clone(r.Emoji), Users: users})
	}
	return own
}

// soundPost says that a post, of a Base or a snapshot, is within the bounds of posts.
func soundPost(m *outcryv1.Message) bool {
	id := len(m.ClientMsgId)
	if !isPost(m.Kind) || !validUser(m.User) || m.Seq == 0 || m.ChangeSeq < m.Seq || len(m.Text.GetData()) > MaxText ||
		len(m.AlsoRepliesTo) > repliesMax || id != 0 && id != 16 || len(m.Reactions) > emojiMax {
		return false
	}
	all := 0
	for _, r := range m.Reactions {
		all += len(r.GetUsers())
		if !validEmoji(r.GetEmoji()) || len(r.GetUsers()) == 0 || all > reactionsMax {
			return false
		}
		for i, u := range r.Users {
			if !validUser(u) || i > 0 && u <= r.Users[i-1] {
				return false
			}
		}
	}
	return true
}

// reacted gives the reactions with one added or removed; changed is false
// when it was so already. The reactions given are left alone.
func reacted(all []*outcryv1.Reaction, emoji, user string, remove bool) (next []*outcryv1.Reaction, changed bool, why reason) {
	i := slices.IndexFunc(all, func(r *outcryv1.Reaction) bool { return r.Emoji == emoji })
	if i < 0 {
		switch {
		case remove:
			return nil, false, 0
		case len(all) == emojiMax || countOf(all) == reactionsMax:
			return nil, false, tooManyReactions
		}
		first := &outcryv1.Reaction{Emoji: strings.Clone(emoji), Users: []string{user}}
		return append(slices.Clone(all), first), true, 0
	}
	users := all[i].Users
	at, found := slices.BinarySearch(users, user)
	switch {
	case found != remove:
		return nil, false, 0
	case !remove && countOf(all) == reactionsMax:
		return nil, false, tooManyReactions
	case remove && len(all) == 1 && len(users) == 1:
		return nil, true, 0
	case remove && len(users) == 1:
		return slices.Delete(slices.Clone(all), i, i+1), true, 0
	}
	next, users = slices.Clone(all), slices.Clone(users)
	if remove {
		users = slices.Delete(users, at, at+1)
	} else {
		users = slices.Insert(users, at, user)
	}
	next[i] = &outcryv1.Reaction{Emoji: all[i].Emoji, Users: users}
	return next, true, 0
}

func countOf(all []*outcryv1.Reaction) (n int) {
	for _, r := range all {
		n += len(r.Users)
	}
	return n
}
