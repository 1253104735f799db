package room

import (
	"unicode/utf8"

	outcryv1 "outcry/proto/outcry/v1"
)

// bansMax people may be kept out of one room: TOO_MANY_BANS, so that nobody gets in again unasked.
const bansMax = 1_000

// mutesMax people may be silent in one room: TOO_MANY_MUTES, as with bans.
const mutesMax = 1_000

// asStaff gives the role that somebody acts with: with the grant to moderate,
// which gateways check, it is that of a moderator, in the room or not.
func asStaff(in *outcryv1.RoomInput, m member, present bool) (by member, may bool) {
	if !in.GetStaff() {
		return m, present && m.person
	}
	switch in.GetInput().(type) {
	case *outcryv1.RoomInput_Moderate, *outcryv1.RoomInput_Delete, *outcryv1.RoomInput_Settings:
	default:
		return m, present && m.person
	}
	if !present || !m.person {
		m = member{user: in.GetUser()}
	}
	if !m.staff() {
		m.role = outcryv1.Role_ROLE_MODERATOR
	}
	return m, true
}

// moderate acts on a person.
func (f *folding) moderate(in *outcryv1.RoomInput, c *outcryv1.Moderate, by member) decision {
	target, present := f.members[c.GetUser()]
	switch {
	case !by.staff():
		return refused(notStaff)
	case !validUser(c.GetUser()):
		return refused(badModeration)
	case c.GetAction() == outcryv1.ModerateAction_MODERATE_ACTION_ADD:
		return f.add(in, c.GetUser(), target)
	case c.GetAction() == outcryv1.ModerateAction_MODERATE_ACTION_UNBAN:
		return f.unban(in, c.GetUser())
	case c.GetAction() == outcryv1.ModerateAction_MODERATE_ACTION_UNMUTE:
		return f.unmute(in, c.GetUser())
	case present && target.role == outcryv1.Role_ROLE_OWNER || c.GetUser() == in.GetUser():
		return refused(notThem)
	case c.GetAction() == outcryv1.ModerateAction_MODERATE_ACTION_BAN:
		return f.ban(in, c.GetUser(), target, present)
	case c.GetAction() == outcryv1.ModerateAction_MODERATE_ACTION_MUTE:
		return f.mute(in, c.GetUser())
	case c.GetAction() != outcryv1.ModerateAction_MODERATE_ACTION_KICK:
		return refused(badModeration)
	case !present:
		return refused(notThere)
	}
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_KICK, c.GetUser())
	f.exit(target, m)
	f.out.Audience = true
	return f.put(m)
}

// about is a change that names a person by its text.
func (f *folding) about(in *outcryv1.RoomInput, kind outcryv1.MessageKind, user string) *outcryv1.Message {
	m := f.next(in, kind)
	m.Text = &outcryv1.Text{Data: []byte(user), Characters: uint32(utf8.RuneCountInString(user))}
	return m
}

func (f *folding) ban(in *outcryv1.RoomInput, user string, target member, present bool) decision {
	seq, banned := f.banned[user]
	switch {
	case banned:
		return already(seq)
	case len(f.banned) >= bansMax:
		return refused(tooManyBans)
	}
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_BAN, user)
	if present {
		f.exit(target, m)
	}
	if f.banned == nil {
		f.banned = map[string]uint64{}
	}
	f.banned[string(m.Text.Data)] = m.Seq
	f.out.Audience = true
	return f.put(m)
}

func (f *folding) unban(in *outcryv1.RoomInput, user string) decision {
	if _, banned := f.banned[user]; !banned {
		return refused(notThere)
	}
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_UNBAN, user)
	delete(f.banned, user)
	f.out.Audience = true
	return f.put(m)
}

// mute silences somebody, who may be elsewhere now: coming in again is no way around it.
func (f *folding) mute(in *outcryv1.RoomInput, user string) decision {
	seq, muted := f.muted[user]
	switch {
	case muted:
		return already(seq)
	case len(f.muted) >= mutesMax:
		return refused(tooManyMutes)
	}
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_MUTE, user)
	if f.muted == nil {
		f.muted = map[string]uint64{}
	}
	f.muted[string(m.Text.Data)] = m.Seq
	return f.put(m)
}

func (f *folding) unmute(in *outcryv1.RoomInput, user string) decision {
	if _, muted := f.muted[user]; !muted {
		return refused(notThere)
	}
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_UNMUTE, user)
	delete(f.muted, user)
	return f.put(m)
}

// speaks says whether an input adds something to the talk: what a muted person may not.
func speaks(in *outcryv1.RoomInput) bool {
	switch c := in.GetInput().(type) {
	case *outcryv1.RoomInput_Post, *outcryv1.RoomInput_Edit:
		return true
	case *outcryv1.RoomInput_React:
		return !c.React.GetRemove()
	}
	return false
}

// add lets somebody in who did not ask: the way into a private room.
func (f *folding) add(in *outcryv1.RoomInput, user string, before member) decision {
	_, banned := f.banned[user]
	switch {
	case banned:
		return refused(isBanned)
	case before.person:
		return already(before.joined)
	case before.user == "" && len(f.members) >= membersMax:
		return refused(roomFull)
	}
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_ADD, user)
	m.Role = f.roleOfNext()
	f.enter(f.own(user), m, true)
	return f.put(m)
}

// roleOfNext is that of who comes in now: a room that nobody owns gets an owner.
func (f *folding) roleOfNext() outcryv1.Role {
	if f.owner == "" {
		return outcryv1.Role_ROLE_OWNER
	}
	return outcryv1.Role_ROLE_MEMBER
}
