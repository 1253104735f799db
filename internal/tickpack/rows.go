package tickpack

import (
	"encoding/binary"
	"math/bits"
)

// What docs/formats/tick_blocks.md says of rows.
const (
	version    = 1
	ticksMax   = 1000
	bytesMax   = 64 << 10
	quoteKind  = 0
	tradeKind  = 1
	eventKind  = 2
	fieldCount = 7

	controlKind   = 3
	controlMarks  = 1 << 2
	controlUnused = 1 << 3

	flagNoBid      = 1 << 0
	flagNoAsk      = 1 << 2
	flagUnreceived = 1 << 4
	flagTextID     = 1 << 5
	flagsAll       = 1<<6 - 1
)

// tick is one row with its numbers as they are, not as differences.
type tick struct {
	kind   uint8
	marked bool     // marks stand before it
	marks  [3]uint8 // flags, venue, conditions in force
	seq    uint64
	at     int64  // event time
	got    int64  // receive time, where it is known
	price  int64  // bid, trade; of an event its kind
	size   uint64 // bid, trade
	other  int64  // ask price, trade id
	amount uint64 // ask size, side
}

// past is what the rows of a block are told against.
type past struct {
	marks [3][3]uint8 // by kind
	words int         // known so far
	at    int64
	seq   [3]uint64
	price [2]int64
	id    int64
}

func zigzag(d int64) uint64 { return uint64(d<<1) ^ uint64(d>>63) }

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// rows reads a block's rows into ticks, and what is no number in them into texts.
// ok is false where the bytes are not exactly what writeRows makes of them.
func rows(data []byte, ticks []tick, texts []byte) (_ []tick, _ []byte, ok bool) {
	if len(data) == 0 || len(data) > bytesMax || data[0] != version {
		return ticks, texts, false
	}
	data = data[1:]
	var p past
	for len(data) > 0 {
		if len(ticks) == ticksMax || len(data) < 4 {
			return ticks, texts, false
		}
		control := binary.LittleEndian.Uint32(data)
		data = data[4:]
		if control&controlKind > eventKind || control&controlUnused != 0 {
			return ticks, texts, false
		}
		ticks = append(ticks, tick{kind: uint8(control & controlKind), marked: control&controlMarks != 0})
		t := &ticks[len(ticks)-1]
		if t.marked {
			if data, texts, ok = p.readMarks(t, data, texts); !ok {
				return ticks, texts, false
			}
		}
		t.marks = p.marks[t.kind]
		var fields [fieldCount]uint64
		if data, ok = readFields(control, data, &fields); !ok || !p.fromFields(t, &fields) {
			return ticks, texts, false
		}
		if shape := t.restShape(); shape != "" {
			n, ok := extent(data, shape)
			if !ok {
				return ticks, texts, false
			}
			data, texts = data[n:], append(texts, data[:n]...)
		}
	}
	return ticks, texts, true
}

// readMarks takes flags and two words.
func (p *past) readMarks(t *tick, data, texts []byte) ([]byte, []byte, bool) {
	for i := range 3 {
		if len(data) == 0 || i == 0 && data[0] > flagsAll || i > 0 && int(data[0]) > p.words+1 {
			return data, texts, false
		}
		mark := data[0]
		p.marks[t.kind][i] = mark
		data = data[1:]
		if i > 0 && int(mark) == p.words+1 {
			n, ok := extent(data, "t")
			if !ok {
				return data, texts, false
			}
			p.words++
			data, texts = data[n:], append(texts, data[:n]...)
		}
	}
	return data, texts, true
}

// readFields takes the fields, each of which must be as short as it can be.
func readFields(control uint32, data []byte, fields *[fieldCount]uint64) ([]byte, bool) {
	for i := range fields {
		width := int(control >> (4 + 4*i) & 15)
		if width > 8 || width > len(data) {
			return data, false
		}
		v := uint64(0)
		if len(data) >= 8 {
			v = binary.LittleEndian.Uint64(data) & (1<<(8*width) - 1)
		} else {
			for j, b := range data[:width] {
				v |= uint64(b) << (8 * j)
			}
		}
		if (bits.Len64(v)+7)/8 != width {
			return data, false
		}
		fields[i], data = v, data[width:]
	}
	return data, true
}

// fromFields turns differences into numbers. False: a field that must be 0 is not.
func (p *past) fromFields(t *tick, f *[fieldCount]uint64) bool {
	flags := t.marks[0]
	p.seq[t.kind] += uint64(unzigzag(f[0]))
	p.at += unzigzag(f[1])
	t.seq, t.at, t.got = p.seq[t.kind], p.at, p.at+unzigzag(f[2])
	t.size, t.amount = f[4], f[6]
	switch t.kind {
	case quoteKind:
		p.price[0] += unzigzag(f[3])
		t.price, t.other = p.price[0], p.price[0]+unzigzag(f[5])
		if flags&flagNoBid != 0 && f[3] != 0 || flags&flagNoAsk != 0 && f[5] != 0 {
			return false
		}
	case tradeKind:
		p.price[1] += unzigzag(f[3])
		p.id += unzigzag(f[5])
		t.price, t.other = p.price[1], p.id
	case eventKind:
		t.price = int64(f[3])
		if f[4]|f[5]|f[6] != 0 {
			return false
		}
	}
	return flags&flagUnreceived == 0 || f[2] == 0
}

// restShape says what follows the fields: n a varint, t a text.
func (t *tick) restShape() string {
	if t.kind == tradeKind && t.marks[0]&flagTextID != 0 {
		return "t"
	}
	if t.kind == eventKind && t.price > 0 && t.price < int64(len(eventShapes)) {
		return eventShapes[t.price]
	}
	return ""
}

var eventShapes = [...]string{"", "nnnnttt", "tn", "tnnn", "nt"}

// extent is how many bytes of data have the shape.
func extent(data []byte, shape string) (n int, ok bool) {
	for _, what := range shape {
		v, width := binary.Uvarint(data[n:])
		if width <= 0 {
			return 0, false
		}
		n += width
		if what == 't' {
			if v > uint64(len(data)-n) {
				return 0, false
			}
			n += int(v)
		}
	}
	return n, true
}
