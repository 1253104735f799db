package room

// Audience says who may see a room. Immutable; nil is everybody.
type Audience struct {
	private bool
	members map[string]struct{} // people who are present, where the room is private
	banned  map[string]struct{}
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

// Audience is who may see the room now: a copy.
func (s *State) Audience() *Audience {
	if !s.settings.GetPrivate() && len(s.banned) == 0 {
		return nil
	}
	a := &Audience{private: s.settings.GetPrivate(), banned: make(map[string]struct{}, len(s.banned))}
	for user := range s.banned {
		a.banned[user] = struct{}{}
	}
	if a.private {
		a.members = make(map[string]struct{}, len(s.members))
		for user, m := range s.members {
			if m.person {
				a.members[user] = struct{}{}
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
