package instrument

import (
	"encoding/binary"

	"outcry/events"
)

// past is what the fields of the next tick are told against.
type past struct {
	marks [3]marks // by kind of tick
	at    int64
	seq   [3]uint64 // source sequences by kind of tick
	price [2]int64  // bid, trade
	id    int64
}

// marks change rarely; those of a tick are the ones of the tick of its kind before.
type marks struct {
	flags             uint8
	venue, conditions uint8 // 1 + place in the block's words; 0 none
}

// Flags of marks; the lower four bits are a quote's absent bits.
const (
	flagUnreceived = 1 << 4 // the receive time is not known
	flagTextID     = 1 << 5 // the trade's id follows as text
	flagsAll       = 1<<6 - 1
)

// Control word: kind, whether marks follow, and a nibble for each field's number of bytes.
const (
	controlKind   = 3
	controlMarks  = 1 << 2
	controlUnused = 1 << 3
	fieldCount    = 7
	fieldBytesMax = 8
)

// zigzag maps small differences of either sign to small numbers.
func zigzag(d int64) uint64 { return uint64(d<<1) ^ uint64(d>>63) }

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// times gives the first three fields, which all kinds share.
func (p *past) times(t *events.Tick) (seq, at, lag uint64, flags uint8) {
	seq = zigzag(int64(t.SourceSeq - p.seq[t.Kind]))
	at = zigzag(t.EventTime - p.at)
	p.seq[t.Kind], p.at = t.SourceSeq, t.EventTime
	if t.ReceiveTime == 0 {
		return seq, at, 0, flagUnreceived
	}
	return seq, at, zigzag(t.ReceiveTime - t.EventTime), 0
}

func (p *past) quoteFields(t *events.Tick) (fields [fieldCount]uint64, flags uint8) {
	f := &fields
	f[0], f[1], f[2], flags = p.times(t)
	if t.Absent&events.NoBidPrice == 0 {
		f[3] = zigzag(t.Price - p.price[0])
		p.price[0] = t.Price
	}
	f[4] = uint64(t.Size)
	if t.Absent&events.NoAskPrice == 0 {
		f[5] = zigzag(t.AskPrice - p.price[0])
	}
	f[6] = uint64(t.AskSize)
	return fields, flags | t.Absent
}

func (p *past) tradeFields(t *events.Tick) (fields [fieldCount]uint64, flags uint8) {
	f := &fields
	f[0], f[1], f[2], flags = p.times(t)
	f[3] = zigzag(t.Price - p.price[1])
	f[4] = uint64(t.Size)
	f[5] = zigzag(t.TradeID - p.id)
	f[6] = uint64(t.Side)
	p.price[1], p.id = t.Price, t.TradeID
	return fields, flags
}

// tick is the way back: the tick of these fields.
func (p *past) tick(kind events.TickKind, f *[fieldCount]uint64) events.Tick {
	m := p.marks[kind]
	p.seq[kind] += uint64(unzigzag(f[0]))
	p.at += unzigzag(f[1])
	t := events.Tick{Kind: kind, SourceSeq: p.seq[kind], EventTime: p.at, Venue: uint16(m.venue), Conditions: uint16(m.conditions)}
	if m.flags&flagUnreceived == 0 {
		t.ReceiveTime = t.EventTime + unzigzag(f[2])
	}
	switch kind {
	case events.QuoteTick:
		p.price[0] += unzigzag(f[3])
		t.Price, t.Size, t.AskPrice, t.AskSize = p.price[0], int64(f[4]), p.price[0]+unzigzag(f[5]), int64(f[6])
		t.Absent = m.flags & (noBid | noAsk)
		t = plainQuote(&t)
	case events.TradeTick:
		p.price[1] += unzigzag(f[3])
		p.id += unzigzag(f[5])
		t.Price, t.Size, t.TradeID, t.Side = p.price[1], int64(f[4]), p.id, uint8(f[6])
	}
	return t
}

// takeFields reads the fields of a control word. ok is false where data ends too early.
func takeFields(control uint32, data []byte) (fields [fieldCount]uint64, rest []byte, ok bool) {
	for i := range fields {
		width := int(control >> (4 + 4*i) & 15)
		if width > fieldBytesMax || width > len(data) {
			return fields, nil, false
		}
		if len(data) >= fieldBytesMax {
			fields[i] = binary.LittleEndian.Uint64(data) & (1<<(8*width) - 1)
		} else {
			for j, b := range data[:width] {
				fields[i] |= uint64(b) << (8 * j)
			}
		}
		data = data[width:]
	}
	return fields, data, true
}
