package room

import outcryv1 "outcry/proto/outcry/v1"

// member is somebody who is present.
type member struct {
	user string
	role outcryv1.Role
	// person: joined by a command; otherwise a name that an archive brought.
	person bool
	joined uint64 // seq of the join
	seq    uint64 // of the change that the row shows
	clock  int64  // of that change
}

func (m *member) row(room string, present bool) *outcryv1.Member {
	return &outcryv1.Member{Room: room, User: m.user, Role: m.role, Present: present, Seq: m.seq, ClockUs: m.clock}
}

// staff may delete everybody's messages and change settings.
func (m *member) staff() bool {
	return m.role == outcryv1.Role_ROLE_OWNER || m.role == outcryv1.Role_ROLE_MODERATOR
}

// join lets a person in; who comes to a room that nobody owns, owns it.
func (f *folding) join(in *outcryv1.RoomInput) decision {
	before, present := f.members[in.GetUser()]
	_, banned := f.banned[in.GetUser()]
	switch {
	case present && before.person:
		return already(before.joined)
	case banned:
		return refused(isBanned)
	case f.settings.GetPrivate():
		return refused(isPrivate)
	case !present && len(f.members) >= membersMax:
		return refused(roomFull)
	}
	m := f.next(in, outcryv1.MessageKind_MESSAGE_KIND_JOIN)
	m.Role = f.roleOfNext()
	f.enter(m.User, m, true)
	return f.put(m)
}

// leave lets a person out.
func (f *folding) leave(in *outcryv1.RoomInput, by member) decision {
	m := f.next(in, outcryv1.MessageKind_MESSAGE_KIND_LEAVE)
	f.exit(by, m)
	if f.owner == by.user {
		f.owner = ""
		f.succeed(m)
	}
	return f.put(m)
}

// enter lists a name as a member, by a change whose role it takes.
func (f *folding) enter(user string, by *outcryv1.Message, person bool) {
	m := member{user: user, role: by.Role, person: person, joined: by.Seq, seq: by.Seq, clock: by.ClockUs}
	f.members[user] = m
	if m.role == outcryv1.Role_ROLE_OWNER {
		f.owner = user
	}
	f.out.Members = append(f.out.Members, m.row(f.id, true))
	f.out.Audience = f.out.Audience || f.choosy()
}

func (f *folding) exit(m member, by *outcryv1.Message) {
	f.out.Audience = f.out.Audience || f.choosy()
	delete(f.members, m.user)
	m.seq, m.clock = by.Seq, by.ClockUs
	f.out.Members = append(f.out.Members, m.row(f.id, false))
}

// succeed makes the person who has been in for longest the owner.
func (f *folding) succeed(by *outcryv1.Message) {
	var first member
	for _, m := range f.members { // in any order: the least is the same
		if m.person && (first.user == "" || m.joined < first.joined) {
			first = m
		}
	}
	if first.user == "" {
		return
	}
	first.role, first.seq, first.clock = outcryv1.Role_ROLE_OWNER, by.Seq, by.ClockUs
	f.owner = first.user
	f.members[first.user] = first
	f.out.Members = append(f.out.Members, first.row(f.id, true))
}
