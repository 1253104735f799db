package events

import (
	"slices"
	"sync"
)

// What inputs count, in bytes: at least what they take in memory and at
// least what they can take in a record, so that one number bounds both.
const (
	draftBytes  = 512 // and source and epoch
	groupBytes  = 160 // and the id
	tickBytes   = 104
	pieceBytes  = 32 // of a ref, a word or an encoded input, and its own
	ticketBytes = 128
)

// input is one of: a tick and its ref, or an encoded TapeEvent or RoomInput.
type input struct {
	tick *Tick
	ref  string
	raw  []byte
}

// draft gathers one record. Inputs stand in the order in which they came, flat, and
// those of one entity are chained: so a thousand entities need no slices of their own,
// and a draft that is used again allocates nothing.
type draft struct {
	stream    *Stream
	kind      Kind
	partition int32
	serial    uint64
	bytes     int

	groups []chain
	next   []uint32 // by input: the next input of its entity
	ticks  []Tick   // of instruments, by input
	refs   []string
	raw    []byte // encoded inputs, one after the other
	rawEnd []int  // where each ends; by input for rooms, by Tick.Ref for events

	dictionary []string
	used       []uint16 // the dictionary as words of the stream
	numbers    []uint16 // by word of the stream: its number in the dictionary

	tickets []*ticket
}

// chain is what a draft holds of one entity.
type chain struct {
	id          string
	first, last uint32
	n           int
}

// drafts are used again when their record is encoded.
var drafts = sync.Pool{New: func() any { return new(draft) }}

// recycle empties the draft for another use.
func (d *draft) recycle() {
	for _, w := range d.used {
		d.numbers[w] = 0
	}
	clear(d.groups)
	clear(d.refs)
	clear(d.dictionary)
	clear(d.tickets)
	*d = draft{groups: d.groups[:0], next: d.next[:0], ticks: d.ticks[:0], refs: d.refs[:0], raw: d.raw[:0], rawEnd: d.rawEnd[:0],
		dictionary: d.dictionary[:0], used: d.used[:0], numbers: d.numbers, tickets: d.tickets[:0]}
	drafts.Put(d)
}

// cost of an input in draft d, which may be nil: a new one.
func (s *Stream) cost(d *draft, e *entity, in *input) int {
	bytes := tickBytes
	if in.tick == nil {
		bytes += pieceBytes + len(in.raw)
	} else {
		if in.ref != "" {
			bytes += pieceBytes + len(in.ref)
		}
		for _, w := range [...]uint16{in.tick.Venue, in.tick.Conditions} {
			if w != 0 && !d.knows(w) {
				bytes += pieceBytes + len(s.names[w-1])
			}
		}
	}
	if d == nil {
		bytes += draftBytes + len(s.header.Source) + len(s.header.Epoch)
	}
	if d == nil || e.serial != d.serial {
		bytes += groupBytes + len(e.id)
	}
	if d == nil || s.ticket == nil || !d.holds(s.ticket) {
		bytes += ticketBytes
	}
	return bytes
}

// holds says whether the draft has inputs of the newest ticket.
func (d *draft) holds(t *ticket) bool {
	n := len(d.tickets)
	return n > 0 && d.tickets[n-1] == t
}

func (d *draft) knows(word uint16) bool {
	return d != nil && int(word) < len(d.numbers) && d.numbers[word] != 0
}

// add appends an input; the draft keeps nothing of in but ref.
func (d *draft) add(e *entity, in *input) {
	i := uint32(len(d.next))
	d.next = append(d.next, 0)
	if e.serial != d.serial {
		e.serial, e.group = d.serial, uint32(len(d.groups))
		d.groups = append(d.groups, chain{id: e.id, first: i, last: i, n: 1})
	} else {
		g := &d.groups[e.group]
		d.next[g.last] = i
		g.last = i
		g.n++
	}
	switch {
	case in.tick != nil:
		d.tick(in)
		return
	case d.kind == Instrument:
		d.ticks = append(d.ticks, Tick{Kind: EventTick, Ref: uint32(len(d.rawEnd))})
	}
	d.raw = append(d.raw, in.raw...)
	d.rawEnd = append(d.rawEnd, len(d.raw))
}

func (d *draft) tick(in *input) {
	d.ticks = append(d.ticks, *in.tick)
	t := &d.ticks[len(d.ticks)-1]
	if t.Venue|t.Conditions != 0 {
		t.Venue, t.Conditions = d.number(t.Venue), d.number(t.Conditions)
	}
	if in.ref != "" {
		d.refs = append(d.refs, in.ref)
		t.Ref = uint32(len(d.refs))
	}
}

// number gives a word of the stream its number in this record.
func (d *draft) number(word uint16) uint16 {
	if word == 0 {
		return 0
	}
	if !d.knows(word) {
		if n := int(word) + 1; n > len(d.numbers) {
			d.numbers = slices.Grow(d.numbers, n-len(d.numbers))[:n]
		}
		d.dictionary = append(d.dictionary, d.stream.names[word-1])
		d.used = append(d.used, word)
		d.numbers[word] = uint16(len(d.used))
	}
	return d.numbers[word]
}

// append writes the record after dst.
func (d *draft) append(dst []byte, e *encoder, h *Header) []byte {
	dst = appendHeader(dst, h)
	for _, w := range d.dictionary {
		dst = appendText(dst, fieldDictionary, w)
	}
	for i := range d.groups {
		if d.kind == Instrument {
			dst = d.instrument(dst, e, &d.groups[i])
		} else {
			dst = d.room(dst, &d.groups[i])
		}
	}
	return dst
}

func (d *draft) instrument(dst []byte, e *encoder, g *chain) []byte {
	e.begin(g.n)
	for i, n := g.first, g.n; n > 0; i, n = d.next[i], n-1 {
		switch t := &d.ticks[i]; {
		case t.Kind == EventTick:
			e.rawEvent(d.piece(t.Ref))
		case t.Ref != 0:
			e.tick(t, d.refs[t.Ref-1])
		default:
			e.tick(t, "")
		}
	}
	return e.end(dst, g.id)
}

func (d *draft) room(dst []byte, g *chain) []byte {
	dst, start := open(dst, fieldRooms)
	dst = appendText(dst, fieldRoom, g.id)
	for i, n := g.first, g.n; n > 0; i, n = d.next[i], n-1 {
		dst = appendBytes(dst, fieldInputs, d.piece(i))
	}
	return shut(dst, start)
}

// piece gives an encoded input.
func (d *draft) piece(i uint32) []byte {
	start := 0
	if i > 0 {
		start = d.rawEnd[i-1]
	}
	return d.raw[start:d.rawEnd[i]]
}
