package room

import (
	"bytes"
	"errors"
	"fmt"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

var (
	errShort     = errors.New("it ends too early or a number is out of range")
	errVersion   = errors.New("its version is unknown")
	errBounds    = errors.New("it holds more than a state may")
	errMembers   = errors.New("its members are not members of one room")
	errPast      = errors.New("its messages are not a room's newest changes and older posts")
	errCanonical = errors.New("its bytes are not canonical")
)

// Restore reads what Snapshot wrote, and nothing else. data is not kept.
func Restore(id string, data []byte) (*State, error) {
	s := New(id)
	p := parser{rest: data, room: id}
	p.state(s)
	if p.err == nil && !bytes.Equal(s.Snapshot(nil), data) {
		p.err = errCanonical
	}
	if p.err != nil {
		return nil, fmt.Errorf("restoring room %s: %w", id, p.err)
	}
	return s, nil
}

// headMax is beyond what a room can reach; seqs up to it add up without overflow.
const headMax = 1 << 62

func (p *parser) state(s *State) {
	if p.byte() != snapshotVersion {
		p.fail(errVersion)
	}
	copy(s.hash[:], p.bytes(uint64(len(s.hash))))
	s.head, s.messages, s.clock = p.number(), p.number(), p.signed()
	if s.head > headMax {
		p.fail(errBounds)
	}
	if p.bool() {
		s.settings = p.settings()
	}
	p.members(s)
	p.ids(&s.ids)
	p.past(s)
	p.sources(&s.sources)
	s.banned, s.muted = p.users(s, bansMax), p.users(s, mutesMax)
}

// users reads what appendUsers wrote; nil at the end of the snapshot.
func (p *parser) users(s *State, most uint64) map[string]uint64 {
	if len(p.rest) == 0 || p.err != nil {
		return nil
	}
	seqs := map[string]uint64{}
	for range p.count(most) {
		user, seq := p.text(), p.number()
		if !validUser(user) || seq == 0 || seq > s.head {
			p.fail(errMembers)
			return nil
		}
		seqs[user] = seq
	}
	return seqs
}

func (p *parser) members(s *State) {
	for range p.count(membersMax) {
		m := member{user: p.text(), role: outcryv1.Role(p.small()), seq: p.number(), joined: p.number(), clock: p.signed(), person: p.bool()}
		_, twice := s.members[m.user]
		if m.role == outcryv1.Role_ROLE_OWNER {
			if s.owner != "" || !m.person {
				p.fail(errMembers)
			}
			s.owner = m.user
		}
		if !validUser(m.user) || twice || max(m.joined, m.seq) > s.head {
			p.fail(errMembers)
		}
		if p.err != nil {
			return
		}
		s.members[m.user] = m
	}
}

func (p *parser) ids(w *ids) {
	w.oldest = p.number()
	for range p.count(idsMax) {
		r := remembered{key: idKey{user: p.text()}}
		copy(r.key.id[:], p.bytes(16))
		r.body = p.fixed()
		r.why, r.last, r.noop, r.seq = reason(p.byte()), answer(p.byte()), p.bool(), p.number()
		if _, valid := IDTime(r.key.id[:]); !valid || w.find(r.key) != nil || r.why >= reasonsEnd || r.last >= answersEnd || !validUser(r.key.user) {
			p.fail(errBounds)
		}
		if p.err != nil {
			return
		}
		w.add(r)
	}
}

func (p *parser) past(s *State) {
	for range p.count(recentMax) {
		m := p.message()
		if n := len(s.past.recent); n > 0 && m.Seq != s.past.recent[n-1].Seq+1 || isPost(m.Kind) && !soundPost(m) || m.ChangeSeq > s.head {
			p.fail(errPast)
		}
		if p.err != nil {
			return
		}
		s.past.push(m)
	}
	if n := len(s.past.recent); n > 0 && s.past.recent[n-1].Seq != s.head || n == 0 && s.head != 0 {
		p.fail(errPast)
	}
	older := s.head + 1 - uint64(len(s.past.recent))
	for range p.count(touchedMax) {
		m := p.message()
		if !soundPost(m) || m.ChangeSeq > s.head || m.Seq >= older || s.past.touchedAt(m.Seq) >= 0 {
			p.fail(errPast)
		}
		if p.err != nil {
			return
		}
		s.past.replace(m)
	}
	s.past.forgotten = p.number()
}

func (p *parser) sources(w *sources) {
	for range p.count(hotMax) {
		h := &source{key: p.fixed(), floor: p.number(), high: p.number()}
		if p.err != nil {
			return
		}
		var err error
		if h.exact, p.rest, err = events.ParseWindow(p.rest); err != nil {
			p.fail(err)
			return
		}
		var before link
		for range p.count(linksMax) {
			l := link{source: before.source + p.number(), root: p.number(), seq: before.seq + uint64(p.signed())}
			if l.source <= before.source {
				p.fail(errBounds)
				return
			}
			h.links, before = append(h.links, l), l
		}
		w.hot = append(w.hot, h)
	}
	for range p.count(coldMax) {
		w.cold = append(w.cold, cold{key: p.fixed(), high: p.number()})
	}
}
