package relay

import "outcry/gateways/relay/wire"

// Place is where one session stands in one slot of one entry: what it was shown last, and
// what became of all that happened since. A session has hundreds and compares them
// all, so it is four words. Its session has to Leave it before it releases the entry.
type Place struct {
	line    *line
	version uint64 // 0: nothing was shown yet
	span    spanID
	// began are the events before the snapshot and in it, in 48 bits: a version has no
	// more of them. delivered are the updates that showed events, in 40 bits.
	began         uint32
	delivered     uint32
	beganHigh     uint16
	deliveredHigh uint8
	slot          uint8
}

// Place is the beginning of a slot: nothing was shown yet.
func (in *Instrument) Place(s wire.Slot) Place { return Place{line: in.line, slot: uint8(s)} }

// Instrument that the place is in.
func (p *Place) Instrument() *Instrument { return p.line.in }

// Slot that the place is in.
func (p *Place) Slot() wire.Slot { return wire.Slot(p.slot) }

// In says whether the place is in a slot of an entry.
func (p *Place) In(in *Instrument, s wire.Slot) bool { return p.line == in.line && p.Slot() == s }

// New says whether there is something that was not shown yet.
func (p *Place) New() bool { return p.line.versions[p.slot].Load() != p.version }

// Shown says whether something was written.
func (p *Place) Shown() bool { return p.version != 0 }

// Watch asks for a mark of a board's place at each change of the slot.
func (p *Place) Watch(b *Board, place int) { p.Instrument().Watch(p.Slot(), b, place) }

// Unwatch takes the wish back. A mark may still come.
func (p *Place) Unwatch(b *Board, place int) { p.Instrument().Unwatch(p.Slot(), b, place) }

// Book is what became of all that happened since the snapshot.
type Book struct {
	Published, Delivered, Conflated, Waiting uint64
}

// Book of the place; zero before the snapshot.
func (p *Place) Book() Book {
	if !p.Shown() {
		return Book{}
	}
	published := eventsOf(p.Slot(), p.line.versions[p.slot].Load()) - p.beganAt()
	shown := eventsOf(p.Slot(), p.version) - p.beganAt()
	return Book{Published: published, Delivered: p.deliveries(), Conflated: shown - p.deliveries(), Waiting: published - shown}
}

func (p *Place) beganAt() uint64 { return uint64(p.beganHigh)<<32 | uint64(p.began) }

func (p *Place) deliveries() uint64 { return uint64(p.deliveredHigh)<<32 | uint64(p.delivered) }

// Append puts the frame of the slot's newest version after dst and moves the place there:
// the snapshot is the first, the others tell what happened between. merged are the events that newer
// ones took the place of.
func (p *Place) Append(dst []byte, e wire.Encoding) (out []byte, merged uint64) {
	first, before := !p.Shown(), eventsOf(p.Slot(), p.version)
	dst = p.Instrument().append(dst, e, p)
	after := eventsOf(p.Slot(), p.version)
	switch {
	case first:
		p.began, p.beganHigh = uint32(after), uint16(after>>32)
	case after > before:
		if p.delivered++; p.delivered == 0 {
			p.deliveredHigh++
		}
		merged = after - before - 1
	}
	return dst, merged
}

// Leave gives the place back: nothing was shown. An entry keeps what was traded since for everyone who stands somewhere.
func (p *Place) Leave() {
	in := p.Instrument()
	if p.span != 0 {
		in.cache.Lock()
		in.cache.spans.leave(p.span)
		in.cache.Unlock()
	}
	*p = in.Place(p.Slot())
}
