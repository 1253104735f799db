package room

import "math"

// Nothing is the From of who may read nothing, however much will be said.
const Nothing = math.MaxUint64

// Audience says who may see a room, and from where on. Immutable; nil is everybody, everything.
type Audience struct {
	private   bool
	sinceJoin bool
	members   map[string]uint64 // people who are present, by the seq that let them in, where the room is choosy
	banned    map[string]struct{}
}

// Admits says whether a person may see the room; nobody's name is empty.
func (a *Audience) Admits(user string) bool {
	if a == nil {
		return true
	}
	if _, banned := a.banned[user]; banned {
		return false
	}
	_, in := a.members[user]
	return in || !a.private
}

// From is the first seq that a person may read, of those whom the room admits: 0 is
// everything, Nothing is for who has to join first.
func (a *Audience) From(user string) uint64 {
	if a == nil || !a.sinceJoin {
		return 0
	}
	return from(a.members[user])
}

func from(joined uint64) uint64 {
	if joined == 0 {
		return Nothing
	}
	return joined
}

// choosy says that it matters who is a member.
func (s *State) choosy() bool { return s.settings.GetPrivate() || s.settings.GetSinceJoin() }

// Audience is who may see the room now: a copy.
func (s *State) Audience() *Audience {
	if !s.choosy() && len(s.banned) == 0 {
		return nil
	}
	a := &Audience{private: s.settings.GetPrivate(), sinceJoin: s.settings.GetSinceJoin(), banned: make(map[string]struct{}, len(s.banned))}
	for user := range s.banned {
		a.banned[user] = struct{}{}
	}
	if s.choosy() {
		a.members = make(map[string]uint64, len(s.members))
		for user, m := range s.members {
			if m.person {
				a.members[user] = m.joined
			}
		}
	}
	return a
}

// Admits is Audience's, without the copy.
func (s *State) Admits(user string) bool {
	if _, banned := s.banned[user]; banned {
		return false
	}
	m, ok := s.members[user]
	return ok && m.person || !s.settings.GetPrivate()
}

// From is Audience's, without the copy.
func (s *State) From(user string) uint64 {
	if !s.settings.GetSinceJoin() {
		return 0
	}
	if m, ok := s.members[user]; ok && m.person {
		return from(m.joined)
	}
	return Nothing
}
