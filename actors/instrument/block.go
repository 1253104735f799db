package instrument

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"outcry/events"
)

// Bounds of a block.
const (
	blockTicks   = 1000
	blockBytes   = 64 << 10
	blockWords   = 255
	blockAge     = 60_000_000 // µs of the entity's clock
	blockVersion = 1

	// A tick has at most a control word, its marks with two new words, seven
	// fields and a text id; an event's strings are bounded by checks.go.
	tickBytesMax  = 4 + 1 + 2*(2+wordMax+2) + 7*8 + 2 + wordMax + 8
	eventBytesMax = 4096
)

// block is the tick block that is being filled, in the format of
// docs/formats/tick_blocks.md. Gathering ticks raw and encoding them later was not
// faster: the cost is the cache misses on 10,000 buffers, so a tick should be few bytes.
type block struct {
	data      []byte
	ticks     uint32
	day       int32
	clock     int64 // the entity's, when it was started, µs
	low, high int64 // event times
	past      past
	live      bool
	words     []string // the block's own; behind its length stand those of the block before
	first     uint64   // seq
}

func (k *block) start(seq uint64, at, clock int64) {
	k.data = append(k.data[:0], blockVersion)
	k.first, k.clock = seq, clock
	k.day, k.low, k.high = dayOf(at), at, at
}

func (k *block) count(at int64) {
	k.ticks++
	k.low, k.high = min(k.low, at), max(k.high, at)
}

// full says that another tick may not fit, with so many bytes still to be added.
func (k *block) full(pending int) bool {
	return k.ticks == blockTicks || len(k.data)+pending > blockBytes-eventBytesMax || len(k.words) > blockWords-2
}

// add takes the bytes of ticks that were counted. They are encoded elsewhere,
// in warm memory, so that this buffer is only ever written to.
func (k *block) add(ticks []byte) {
	if cap(k.data)-len(k.data) < len(ticks) {
		k.data = slices.Grow(k.data, max(len(ticks), len(k.data)/2, 64)) // steps of a half
	}
	k.data = append(k.data, ticks...)
}

func (k *block) aged(clock int64) bool { return k.ticks > 0 && clock-k.clock >= blockAge }

// due is when a live block is old enough, ns; 0 never.
func (k *block) due() int64 {
	if k.ticks == 0 || !k.live {
		return 0
	}
	return (k.clock + blockAge) * 1000
}

// finished is the block so far, with its data still shared.
func (k *block) finished(clock int64) Block {
	return Block{Day: k.day, FirstSeq: k.first, LastSeq: k.first + uint64(k.ticks) - 1, Ticks: k.ticks,
		FirstTimeNs: k.low, LastTimeNs: k.high, ClockUs: clock, Data: k.data}
}

// cut hands the block out and makes room for the next. The buffer is kept
// where the next block will likely need it: a fresh one would be grown again.
func (k *block) cut(clock int64) Block {
	b := k.finished(clock)
	b.Data = bytes.Clone(b.Data)
	keep := k.data[:0]
	if cap(keep) > 4*len(b.Data)+512 {
		keep = nil
	}
	*k = block{data: keep, words: k.words[:0]}
	return b
}

// quote writes a quote after dst.
func (k *block) quote(dst []byte, t *events.Tick, venue, conditions string) []byte {
	fields, flags := k.past.quoteFields(t)
	return k.tick(dst, events.QuoteTick, &fields, flags, venue, conditions)
}

// trade writes a trade after dst; ref is its id where that is no number.
func (k *block) trade(dst []byte, t *events.Tick, ref, venue, conditions string) []byte {
	fields, flags := k.past.tradeFields(t)
	if ref == "" {
		return k.tick(dst, events.TradeTick, &fields, flags, venue, conditions)
	}
	return appendText(k.tick(dst, events.TradeTick, &fields, flags|flagTextID, venue, conditions), ref)
}

// event writes the head of an event after dst; the caller appends what its kind says.
func (k *block) event(dst []byte, t *events.Tick, kind uint64) []byte {
	var fields [fieldCount]uint64
	var flags uint8
	fields[0], fields[1], fields[2], flags = k.past.times(t)
	fields[3] = kind
	return k.tick(dst, events.EventTick, &fields, flags, "", "")
}

// tick writes what all kinds share.
func (k *block) tick(dst []byte, kind events.TickKind, fields *[fieldCount]uint64, flags uint8, venue, conditions string) []byte {
	at, control, m := len(dst), uint32(kind), &k.past.marks[kind]
	dst = slices.Grow(dst, tickBytesMax)[:at+4]
	if flags != m.flags || venue != k.text(m.venue) || conditions != k.text(m.conditions) {
		control |= controlMarks
		m.flags = flags
		dst = append(dst, flags)
		dst, m.venue = k.word(dst, venue)
		dst, m.conditions = k.word(dst, conditions)
	}
	return putFields(dst, at, control, fields)
}

// newest gives the words of the newest tick of a kind, in memory of the block's.
func (k *block) newest(kind events.TickKind) (venue, conditions string) {
	m := &k.past.marks[kind]
	return k.text(m.venue), k.text(m.conditions)
}

// text is the word of a mark.
func (k *block) text(i uint8) string {
	if i == 0 {
		return ""
	}
	return k.words[i-1]
}

// word writes a word's mark after dst, and the word itself where it is new to the block.
func (k *block) word(dst []byte, w string) ([]byte, uint8) {
	if w == "" {
		return append(dst, 0), 0
	}
	n := len(k.words)
	if i := slices.Index(k.words, w); i >= 0 {
		return append(dst, byte(i+1)), uint8(i + 1)
	}
	if n < cap(k.words) && k.words[:n+1][n] == w { // the block before began alike
		k.words = k.words[:n+1]
	} else {
		k.words = append(k.words, strings.Clone(w))
	}
	return appendText(append(dst, byte(n+1)), w), uint8(n + 1)
}

// putFields writes the fields behind data and the control word at its place.
// Storing eight bytes and advancing by what they need has no branch to guess;
// data has room for that.
func putFields(data []byte, at int, control uint32, fields *[fieldCount]uint64) []byte {
	n := len(data)
	data = data[:cap(data)]
	for i, v := range fields {
		binary.LittleEndian.PutUint64(data[n:], v)
		width := (bits.Len64(v) + 7) / 8
		n += width
		control |= uint32(width) << (4 + 4*i)
	}
	binary.LittleEndian.PutUint32(data[at:], control)
	return data[:n]
}
