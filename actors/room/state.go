package room

import (
	"outcry/internal/digest"
	outcryv1 "outcry/proto/outcry/v1"
)

// State of one room. Bounded. Not for many goroutines.
type State struct {
	id       string
	hash     digest.Hash
	head     uint64
	clock    int64  // µs
	messages uint64 // posts and actions accepted, deleted ones included
	settings *outcryv1.RoomSettings
	members  map[string]member
	owner    string            // empty: nobody
	banned   map[string]uint64 // by whom is kept out: the seq that decided it
	muted    map[string]uint64 // by who is silent
	ids      ids
	past     past
	sources  sources
}

// New is a room that nobody has ever joined.
func New(id string) *State {
	return &State{id: id, members: map[string]member{}, ids: ids{at: map[idKey]uint16{}}}
}

// Hash is the rolling hash over everything that was decided.
func (s *State) Hash() digest.Hash { return s.hash }

// Head is the newest seq.
func (s *State) Head() uint64 { return s.head }

// Exists says that somebody has ever joined or imported.
func (s *State) Exists() bool { return s.head > 0 }

// View is the room's row: messages counts posts and actions, deleted ones
// included; settings are absent until somebody set them.
func (s *State) View() *outcryv1.Room {
	return &outcryv1.Room{Room: s.id, HeadSeq: s.head, Members: uint64(len(s.members)), Messages: s.messages,
		Settings: s.settings, ClockUs: s.clock}
}

// Member tells one member's role; ok is false for people who are not present.
func (s *State) Member(user string) (m *outcryv1.Member, ok bool) {
	found, ok := s.members[user]
	if !ok {
		return nil, false
	}
	return found.row(s.id, true), true
}

// Members tells everybody who is present, in no order.
func (s *State) Members(tell func(*outcryv1.Member)) {
	for _, m := range s.members {
		tell(m.row(s.id, true))
	}
}

// Bans tells who is banned and who is muted, in no order.
func (s *State) Bans(tell func(*outcryv1.Ban)) {
	for user, seq := range s.banned {
		tell(&outcryv1.Ban{User: user, Seq: seq})
	}
	for user, seq := range s.muted {
		tell(&outcryv1.Ban{User: user, Seq: seq, Muted: true})
	}
}

// Recent gives the changes in (after, ...], oldest first, at most limit, of
// the window that the state keeps, in their present state; first is the
// lowest seq that the window still has (head+1 when it is empty).
func (s *State) Recent(after uint64, limit int) (items []*outcryv1.Message, first uint64) {
	recent := s.past.recent
	first = s.head + 1 - uint64(len(recent))
	if after >= s.head || limit <= 0 {
		return nil, first
	}
	if after >= first {
		recent = recent[after-first+1:]
	}
	return append(items, recent[:min(limit, len(recent))]...), first
}

// Outcome says what the newest fold of a client message id decided; ok is
// false when nothing is known of it. An id that is too old to be told, and any
// command to a room that does not exist, are known to be refused.
//
// A room remembers 4,096 ids, so ask when the record is folded: later, an
// accepted command may have become too old.
func (s *State) Outcome(user string, clientMsgID []byte) (o Outcome, ok bool) {
	at, valid := IDTime(clientMsgID)
	if !valid {
		return Outcome{}, false
	}
	if !s.Exists() {
		return refused(unknownRoom).outcome(), true
	}
	if r := s.ids.find(idKey{user, [16]byte(clientMsgID)}); r != nil {
		return r.told(), true
	}
	if at < s.ids.oldest {
		return refused(tooOld).outcome(), true
	}
	return Outcome{}, false
}
