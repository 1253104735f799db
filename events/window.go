package events

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Verdict of a Window.
type Verdict uint8

const (
	New Verdict = iota
	Duplicate
	// Late: below the window, so it can't be told whether it is new.
	Late
)

// Span is how many of the newest sequences a Window tells exactly.
const Span = 4096

const windowWords = Span / 64

// Window tells new source sequences from duplicates: with the highest
// sequence seen at h, those in (h - Span, h] are told exactly and older ones are
// Late. The first sequence seen only sets h: lower ones within Span of it
// are New, once. Zero value: empty. Pure; not to be copied once used.
//
// A source whose sequences come without holes costs 32 bytes. Holes and
// disorder cost 512 more, until they have left the window.
type Window struct {
	high uint64
	// Without bits, exactly [low, high] was seen.
	low  uint64
	bits *[windowWords]uint64 // by sequence mod Span
	any  bool
}

// See decides on seq and remembers it. gap is how many sequences between the
// highest seen before and seq were skipped just now.
func (w *Window) See(seq uint64) (v Verdict, gap uint64) {
	switch {
	case !w.any:
		*w = Window{high: seq, low: seq, any: true}
		return New, 0
	case seq > w.high:
		gap = seq - w.high - 1
		w.rise(seq)
		return New, gap
	case w.high-seq >= Span:
		return Late, 0
	}
	return w.fill(seq), 0
}

// rise moves the window up to seq, which is new.
func (w *Window) rise(seq uint64) {
	if seq-w.high >= Span {
		*w = Window{high: seq, low: seq, any: true}
		return
	}
	if w.bits == nil && seq-w.high > 1 {
		w.spread()
	}
	if w.bits == nil {
		w.high = seq
		return
	}
	for s := w.high + 1; s < seq; s++ {
		w.bits[s%Span/64] &^= 1 << (s % 64)
	}
	w.high = seq
	w.set(seq)
	if seq%Span == 0 { // rarely, so that it costs nothing
		w.shrink()
	}
}

// fill puts in a sequence inside the window.
func (w *Window) fill(seq uint64) Verdict {
	if w.bits == nil {
		switch {
		case seq >= w.low:
			return Duplicate
		case seq == w.low-1:
			w.low = seq
			return New
		}
		w.spread()
	}
	if w.has(seq) {
		return Duplicate
	}
	w.set(seq)
	return New
}

func (w *Window) has(seq uint64) bool { return w.bits[seq%Span/64]&(1<<(seq%64)) != 0 }

func (w *Window) set(seq uint64) { w.bits[seq%Span/64] |= 1 << (seq % 64) }

// floor is the lowest sequence that is told exactly.
func (w *Window) floor() uint64 { return w.high - min(w.high, Span-1) }

// spread turns the run [low, high] into bits.
func (w *Window) spread() {
	w.bits = new([windowWords]uint64)
	for s := max(w.low, w.floor()); ; s++ {
		w.set(s)
		if s == w.high {
			return
		}
	}
}

// shrink gives the bits back where they say no more than a run does.
func (w *Window) shrink() {
	if low, ok := w.run(); ok {
		w.low, w.bits = low, nil
	}
}

// run gives the low end of what was seen where it has no holes.
func (w *Window) run() (low uint64, ok bool) {
	floor := w.floor()
	if w.bits == nil {
		return max(w.low, floor), true
	}
	low = w.high
	for low > floor && w.has(low-1) {
		low--
	}
	for s := floor; s < low; s++ {
		if w.has(s) {
			return 0, false
		}
	}
	return low, true
}

// Forms of a window's bytes. Which one is used depends only on what was seen.
const (
	formEmpty = 0
	formRun   = 1 // uvarint high, uvarint high - low
	formBits  = 2 // uvarint high, 64 little-endian words, a bit for each sequence mod Span
)

// Append writes the window's canonical bytes after dst: windows that decide
// alike have the same. They are at most 523.
func (w *Window) Append(dst []byte) []byte {
	if !w.any {
		return append(dst, formEmpty)
	}
	if low, ok := w.run(); ok {
		dst = binary.AppendUvarint(append(dst, formRun), w.high)
		return binary.AppendUvarint(dst, w.high-low)
	}
	dst = binary.AppendUvarint(append(dst, formBits), w.high)
	for _, word := range w.bits {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst
}

var errWindow = errors.New("reading a window of sequences: the bytes are not canonical")

// ParseWindow reads what Append wrote and gives the bytes that follow. It
// takes canonical bytes only and keeps none of them.
func ParseWindow(data []byte) (w Window, rest []byte, err error) {
	w, rest, ok := parseWindow(data)
	if !ok || !bytes.Equal(w.Append(nil), data[:len(data)-len(rest)]) {
		return Window{}, nil, errWindow
	}
	return w, rest, nil
}

func parseWindow(data []byte) (w Window, rest []byte, ok bool) {
	if len(data) == 0 {
		return w, nil, false
	}
	form, rest := data[0], data[1:]
	if form == formEmpty {
		return w, rest, true
	}
	high, n := binary.Uvarint(rest)
	if n <= 0 {
		return w, nil, false
	}
	rest = rest[n:]
	switch form {
	case formRun:
		length, n := binary.Uvarint(rest)
		if n <= 0 || length >= Span || length > high {
			return w, nil, false
		}
		return Window{high: high, low: high - length, any: true}, rest[n:], true
	case formBits:
		if len(rest) < 8*windowWords {
			return w, nil, false
		}
		return parseBits(high, rest)
	}
	return w, nil, false
}

func parseBits(high uint64, rest []byte) (w Window, _ []byte, ok bool) {
	w = Window{high: high, any: true, bits: new([windowWords]uint64)}
	for i := range w.bits {
		w.bits[i] = binary.LittleEndian.Uint64(rest[8*i:])
	}
	if !w.has(high) {
		return w, nil, false
	}
	for below := min(high, Span-1) + 1; below < Span; below++ { // where sequences would be negative
		if w.has(below) {
			return w, nil, false
		}
	}
	return w, rest[8*windowWords:], true
}
