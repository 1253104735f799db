package host

import (
	"encoding/binary"
	"errors"
	"fmt"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
)

// A part holds the packed state of some entities of a shard. Unpacked (zstd):
//
//	version 1 · kind · uvarint partition, offset, index      which part this is
//	varint now, since · uvarint bytes                        the shard at that offset
//	entries until 8 bytes before the end:
//	  uvarint length, id · 16 bytes hash · varint deadline, touched
//	  uvarint parked (0: not, else 1 + offset) · uvarint length, reason (only when parked)
//	  uvarint length, snapshot
//	8 bytes XXH3-64 of everything before, little-endian
const partVersion = 1

// partHead says which part it is and how the shard stood at its offset.
type partHead struct {
	key          projections.PartKey // without the writer
	now          int64
	since, bytes int64 // of the schedule
}

// entry is one entity in a part.
type entry struct {
	id                string
	hash              digest.Hash
	deadline, touched int64
	parked            *parking
	snapshot          []byte
}

func (h *partHead) append(dst []byte) []byte {
	dst = append(dst, partVersion, byte(h.key.Kind))
	dst = binary.AppendUvarint(dst, uint64(h.key.Partition))
	dst = binary.AppendUvarint(dst, uint64(h.key.Offset))
	dst = binary.AppendUvarint(dst, uint64(h.key.Index))
	dst = binary.AppendVarint(dst, h.now)
	dst = binary.AppendVarint(dst, h.since)
	return binary.AppendUvarint(dst, uint64(h.bytes))
}

func (e *entry) append(dst []byte) []byte {
	dst = appendBytes(dst, e.id)
	dst = append(dst, e.hash[:]...)
	dst = binary.AppendVarint(dst, e.deadline)
	dst = binary.AppendVarint(dst, e.touched)
	if e.parked == nil {
		dst = append(dst, 0)
	} else {
		dst = binary.AppendUvarint(dst, 1+uint64(e.parked.offset))
		dst = appendBytes(dst, e.parked.reason)
	}
	return appendBytes(dst, e.snapshot)
}

func appendBytes[T string | []byte](dst []byte, b T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func appendChecksum(dst []byte) []byte {
	return binary.LittleEndian.AppendUint64(dst, digest.Checksum(dst))
}

var errTruncated = errors.New("truncated")

// readPart reads what append and appendChecksum wrote, and insists that it is
// the part of that key. Snapshots in the entries are slices of data. sizes
// are the entries' bytes, in order.
func readPart(data []byte, key projections.PartKey) (h partHead, entries []entry, sizes []int64, err error) {
	if len(data) < 8 {
		return h, nil, nil, errTruncated
	}
	body := data[:len(data)-8]
	if digest.Checksum(body) != binary.LittleEndian.Uint64(data[len(body):]) {
		return h, nil, nil, errors.New("checksum differs")
	}
	r := &reader{data: body}
	r.head(&h)
	key.Writer = ""
	if r.err == nil && h.key != key {
		return h, nil, nil, fmt.Errorf("it is part %v", h.key)
	}
	for len(r.data) > 0 && r.err == nil {
		before := len(r.data)
		entries = append(entries, r.entry())
		sizes = append(sizes, int64(before-len(r.data)))
	}
	return h, entries, sizes, r.err
}

// reader takes values off the front of data; the first error stays.
type reader struct {
	data []byte
	err  error
}

func (r *reader) head(h *partHead) {
	switch version := r.next(1); {
	case r.err != nil:
		return
	case version[0] != partVersion:
		r.err = fmt.Errorf("version %d is not known", version[0])
		return
	}
	if kind := r.next(1); r.err == nil {
		h.key.Kind = events.Kind(kind[0])
	}
	h.key.Partition = int32(r.uvarint())
	h.key.Offset = int64(r.uvarint())
	h.key.Index = int32(r.uvarint())
	h.now, h.since, h.bytes = r.varint(), r.varint(), int64(r.uvarint())
}

func (r *reader) entry() (e entry) {
	e.id = string(r.bytes())
	copy(e.hash[:], r.next(len(e.hash)))
	e.deadline, e.touched = r.varint(), r.varint()
	if parked := r.uvarint(); parked != 0 {
		e.parked = &parking{offset: int64(parked - 1), reason: string(r.bytes())}
	}
	e.snapshot = r.bytes()
	return e
}

func (r *reader) next(n int) []byte {
	if r.err == nil && n > len(r.data) {
		r.err = errTruncated
	}
	if r.err != nil {
		return nil
	}
	b := r.data[:n:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	return r.next(int(min(n, uint64(len(r.data))+1)))
}

func (r *reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.data)
	r.took(n)
	return v
}

func (r *reader) varint() int64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Varint(r.data)
	r.took(n)
	return v
}

func (r *reader) took(n int) {
	if n <= 0 {
		r.err = errTruncated
		return
	}
	r.data = r.data[n:]
}
