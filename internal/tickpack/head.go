package tickpack

import (
	"encoding/binary"

	"outcry/internal/zpack"
)

// append writes the steps of a head: receive times as a power of ten, event times as powers
// of a thousand in two bits each.
func (s *steps) append(dst []byte) []byte {
	got, at := byte(0), byte(0)
	for step := uint64(1); step < s.got; step *= 10 {
		got++
	}
	for k, all := range s.at {
		for step := uint64(1); step < all; step *= 1000 {
			at += 1 << (2 * k)
		}
	}
	dst = append(dst, got, at)
	for _, v := range [...]uint64{s.price[0], s.size[0], s.price[1], s.size[1]} {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}

// head reads what stands before the ticks; after the first fault all is 0.
type head struct {
	data []byte
	bad  bool
}

func (h *head) fail() uint64 {
	h.data, h.bad = nil, true
	return 0
}

func (h *head) byte() byte {
	if len(h.data) == 0 {
		return byte(h.fail())
	}
	v := h.data[0]
	h.data = h.data[1:]
	return v
}

func (h *head) checksum() uint32 {
	if len(h.data) < 4 {
		return uint32(h.fail())
	}
	v := binary.LittleEndian.Uint32(h.data)
	h.data = h.data[4:]
	return v
}

func (h *head) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(h.data)
	if n <= 0 || v > most {
		return h.fail()
	}
	h.data = h.data[n:]
	return v
}

func (h *head) steps() (s steps) {
	got, at := h.byte(), h.byte()
	if got > clockSteps {
		h.fail()
		got = 0
	}
	s.got = 1
	for range got {
		s.got *= 10
	}
	for k := range s.at {
		s.at[k] = 1
		for range at >> (2 * k) & 3 {
			s.at[k] *= 1000
		}
	}
	for _, v := range [...]*uint64{&s.price[0], &s.size[0], &s.price[1], &s.size[1]} {
		if *v = h.uvarint(1<<64 - 1); *v == 0 {
			*v = uint64(h.fail()) + 1
		}
	}
	return s
}

func (h *head) texts() ([]byte, error) {
	length := h.uvarint(bytesMax)
	kept := h.uvarint(uint64(len(h.data)))
	if h.bad || kept > uint64(len(h.data)) {
		return nil, errHead
	}
	texts := h.data[:kept]
	h.data = h.data[kept:]
	if kept == length {
		return texts, nil
	}
	texts, err := zpack.Unpack(texts)
	if err == nil && uint64(len(texts)) != length {
		err = errHead
	}
	return texts, err
}
