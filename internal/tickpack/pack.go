package tickpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"outcry/internal/zpack"
)

// A packed block begins with format, or is a frame of zstd, which begins with
// zstdFirst. Stores that were written before there was a format have such frames only.
const (
	format    = 1
	zstdFirst = 0x28
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// scratch is what a call needs.
type scratch struct {
	model model
	ticks []tick
	texts []byte
}

var pool = sync.Pool{New: func() any { return &scratch{ticks: make([]tick, 0, ticksMax)} }}

// Pack gives a block's rows in fewer bytes, which are new. rows of more than
// zpack.MaxBytes panic.
func Pack(rows []byte) []byte {
	s := pool.Get().(*scratch)
	defer pool.Put(s)
	packed, ok := s.pack(rows)
	if !ok {
		return zpack.Pack(rows)
	}
	return packed
}

func (s *scratch) pack(data []byte) (_ []byte, ok bool) {
	if s.ticks, s.texts, ok = rows(data, s.ticks[:0], s.texts[:0]); !ok {
		return nil, false
	}
	s.model = model{steps: stepsOf(s.ticks)}
	head := append(make([]byte, 0, len(data)/3+64), format)
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(data, castagnoli))
	head = binary.AppendUvarint(head, uint64(len(s.ticks)))
	head = s.model.steps.append(head)
	head = appendTexts(head, s.texts)
	var c coder
	c.write(head)
	for i := range s.ticks {
		s.model.tick(&c, &s.ticks[i])
	}
	return c.end(len(head)), true
}

// appendTexts writes their length and them, as zstd where that is shorter.
func appendTexts(dst, texts []byte) []byte {
	kept := texts
	if len(texts) > 0 {
		if packed := zpack.Pack(texts); len(packed) < len(texts) {
			kept = packed
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(texts)))
	dst = binary.AppendUvarint(dst, uint64(len(kept)))
	return append(dst, kept...)
}

var (
	errHead     = errors.New("the head is not of this format")
	errChecksum = errors.New("the checksum is not that of the block")
)

// Unpack gives what Pack was given, in new bytes; anything else is an error.
func Unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 || packed[0] == zstdFirst {
		return zpack.Unpack(packed)
	}
	s := pool.Get().(*scratch)
	defer pool.Put(s)
	data, err := s.unpack(packed)
	if err != nil {
		return nil, fmt.Errorf("unpacking a tick block of %d bytes: %w", len(packed), err)
	}
	return data, nil
}

func (s *scratch) unpack(packed []byte) ([]byte, error) {
	h := head{data: packed}
	if h.byte() != format {
		return nil, errHead
	}
	checksum := h.checksum()
	ticks := h.uvarint(ticksMax)
	s.model = model{steps: h.steps()}
	texts, err := h.texts()
	if err != nil {
		return nil, err
	}
	var c coder
	c.read(h.data)
	w := writer{texts: texts, data: append(make([]byte, 0, 24*int(ticks)+len(texts)+64), version)}
	for range ticks {
		var t tick
		s.model.tick(&c, &t)
		if err := w.row(&t); err != nil {
			return nil, err
		}
	}
	if crc32.Checksum(w.data, castagnoli) != checksum {
		return nil, errChecksum
	}
	return w.data, nil
}
