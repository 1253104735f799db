package host

import (
	"encoding/binary"
	"fmt"

	"outcry/internal/digest"
)

// entity is a virtual actor: always there, active (state) or packed into its
// snapshot bytes. It belongs to its shard's turn.
type entity struct {
	id     string
	state  state  // nil while packed
	packed []byte // nil while active, or when nothing is known of it yet
	hash   digest.Hash
	// deadline (ns, 0 none) and due, the place in the heap of deadlines, -1 none.
	deadline int64
	due      int
	parked   *parking

	// touched is the log's time of the newest touch; older and newer link the
	// active entities in that order, for passivation.
	touched      int64
	older, newer *entity

	// changed since the newest checkpoint was begun; pending: that checkpoint
	// still has to pack it.
	changed, pending bool
	part             *part // where its newest packed bytes are, nil for none
	partBytes        int64

	// dirty: its latest row waits for the next flush.
	dirty   bool
	watches []*watch
}

// parking says where an entity failed for the second time and why.
type parking struct {
	offset int64
	reason string
}

// mark is the entity's hash, with its parking in it.
func (e *entity) mark() digest.Hash {
	h := e.hash
	if e.state != nil {
		h = e.state.Hash()
	}
	if e.parked == nil {
		return h
	}
	data := append([]byte("parked"), h[:]...)
	return digest.Sum(binary.BigEndian.AppendUint64(data, uint64(e.parked.offset)))
}

// entity finds or makes one. A new one has no state that differs from nothing,
// but it is counted, hashed and kept from now on.
func (s *shard) entity(id string) *entity {
	if e, ok := s.entities[id]; ok {
		return e
	}
	e := &entity{id: id, due: -1}
	if s.effects != nil {
		e.watches = s.effects.watches[id]
	}
	s.add(e)
	return e
}

func (s *shard) add(e *entity) {
	s.entities[e.id] = e
	s.all = append(s.all, e)
	s.sorted = false
}

// awake gives the entity's state, activating it if it is packed. Snapshot
// bytes that can't be read are a broken invariant (parts carry checksums).
func (s *shard) awake(e *entity) state {
	if e.state != nil {
		s.active.remove(e)
	} else {
		e.state = s.activate(e)
		e.packed = nil
		if s.observer.Activated != nil {
			s.observer.Activated(s.kind)
		}
	}
	e.touched = s.now
	s.active.push(e)
	return e.state
}

// activate makes the state out of the packed bytes and leaves e as it is.
func (s *shard) activate(e *entity) state {
	if e.packed == nil {
		return s.rules.fresh(e.id)
	}
	st, err := s.rules.restore(e.id, e.packed)
	if err != nil {
		panic(fmt.Errorf("restoring %s %s: %w", s.kind, e.id, err))
	}
	return st
}

// passivateBatch bounds what one record's turn packs.
const passivateBatch = 64

// passivate packs active entities that were not touched for idleAfter. While
// the store is owed rows all stay: whoever asks for lists finds them here alone.
func (s *shard) passivate() {
	if s.effects != nil && s.effects.owing {
		return
	}
	for range passivateBatch {
		e := s.active.oldest
		if e == nil || s.now-e.touched < s.idleAfter {
			return
		}
		s.pack(e)
		if s.observer.Passivated != nil {
			s.observer.Passivated(s.kind)
		}
	}
}

func (s *shard) pack(e *entity) {
	if e.dirty {
		s.effects.writeLatest(s.rules, e)
	}
	e.hash = e.state.Hash()
	e.packed = e.state.Snapshot(nil)
	e.state = nil
	s.active.remove(e)
}

// reset replaces e's state by snapshot bytes (nil: nothing is known).
func (s *shard) reset(e *entity, packed []byte, hash digest.Hash, deadline int64) {
	if e.state != nil {
		s.active.remove(e)
		e.state = nil
	}
	e.packed, e.hash = packed, hash
	s.due.set(e, deadline)
}

// activeList is a list of active entities, by their newest touch.
type activeList struct{ oldest, newest *entity }

func (l *activeList) push(e *entity) {
	e.older, e.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = e
	} else {
		l.oldest = e
	}
	l.newest = e
}

func (l *activeList) remove(e *entity) {
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		l.oldest = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		l.newest = e.older
	}
	e.older, e.newer = nil, nil
}
