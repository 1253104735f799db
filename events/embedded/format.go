package embedded

import (
	"encoding/binary"

	"outcry/events"
	"outcry/internal/digest"
)

// Sizes and marks of the format, version 1; docs/FORMATS.md says the same
// in words. All numbers are little-endian.
const (
	groupMagic   = 0x50475243 // "CRGP"
	groupHeader  = 48
	sectionEntry = 24
	recordHeader = 32

	// A group is at most its bytes, one record over, and its table.
	groupLengthMax = groupBytes + RecordBytesMax + groupHeader + 2*partitionsMax*sectionEntry + recordHeader
)

// form tells apart what may stand where a group begins.
type form uint8

const (
	formGroup form = 1 // a group of records follows
	formMark  form = 2 // all before is durable, nothing follows yet
	formNext  form = 3 // all before is durable, the next segment goes on
)

// key makes header checksums of one log differ from those of every other, and
// from what anyone could put into a payload: headers are looked for behind
// damage, at any place.
type key [16]byte

// sum is the checksum of a header at a place of a file.
func (k *key) sum(header []byte, segment uint64, pos int64) uint64 {
	var b [groupHeader + 32]byte
	n := copy(b[:groupHeader], header)
	n += copy(b[n:], k[:])
	binary.LittleEndian.PutUint64(b[n:], segment)
	binary.LittleEndian.PutUint64(b[n+8:], uint64(pos))
	return digest.Checksum(b[:n+16])
}

// groupHead is the header of a group or a mark.
type groupHead struct {
	form     form
	sections int
	// number counts groups from the log's first, 0; a mark has the number of
	// the group that will stand in its place.
	number  uint64
	length  int // of all of it; a mark: groupHeader
	records int
	time    int64 // ns since 1970 when it was written
	table   uint64
}

func (k *key) putGroup(b []byte, h *groupHead, segment uint64, pos int64) {
	le := binary.LittleEndian
	le.PutUint32(b, groupMagic)
	b[4], b[5] = byte(h.form), 0
	le.PutUint16(b[6:], uint16(h.sections))
	le.PutUint64(b[8:], h.number)
	le.PutUint32(b[16:], uint32(h.length))
	le.PutUint32(b[20:], uint32(h.records))
	le.PutUint64(b[24:], uint64(h.time))
	le.PutUint64(b[32:], h.table)
	le.PutUint64(b[40:], k.sum(b[:40], segment, pos))
}

// group reads the header at the start of b, which has groupHeader bytes; it
// is not ok where there is none.
func (k *key) group(b []byte, segment uint64, pos int64) (h groupHead, ok bool) {
	le := binary.LittleEndian
	if le.Uint32(b) != groupMagic || le.Uint64(b[40:]) != k.sum(b[:40], segment, pos) {
		return h, false
	}
	h = groupHead{
		form:     form(b[4]),
		sections: int(le.Uint16(b[6:])),
		number:   le.Uint64(b[8:]),
		length:   int(le.Uint32(b[16:])),
		records:  int(le.Uint32(b[20:])),
		time:     int64(le.Uint64(b[24:])),
		table:    le.Uint64(b[32:]),
	}
	return h, h.length <= groupLengthMax && h.length >= h.tableEnd()
}

// tableEnd is where in the group its records begin.
func (h *groupHead) tableEnd() int { return groupHeader + h.sections*sectionEntry }

// section is what a group holds of one partition.
type section struct {
	kind      events.Kind
	partition int32
	records   int
	first     int64 // offset of its first record
	start     int   // in the group
	length    int
}

func putSection(b []byte, s *section) {
	le := binary.LittleEndian
	b[0], b[1] = byte(s.kind), 0
	le.PutUint16(b[2:], uint16(s.partition))
	le.PutUint32(b[4:], uint32(s.records))
	le.PutUint64(b[8:], uint64(s.first))
	le.PutUint32(b[16:], uint32(s.start))
	le.PutUint32(b[20:], uint32(s.length))
}

func getSection(b []byte) section {
	le := binary.LittleEndian
	return section{
		kind:      events.Kind(b[0]),
		partition: int32(le.Uint16(b[2:])),
		records:   int(le.Uint32(b[4:])),
		first:     int64(le.Uint64(b[8:])),
		start:     int(le.Uint32(b[16:])),
		length:    int(le.Uint32(b[20:])),
	}
}

// recordHead stands before each payload.
type recordHead struct {
	length    int
	kind      events.Kind
	partition int32
	offset    int64
	checksum  uint64 // of the payload
}

func (k *key) putRecord(b []byte, r *recordHead) {
	le := binary.LittleEndian
	le.PutUint32(b, uint32(r.length))
	b[4], b[5] = byte(r.kind), 0
	le.PutUint16(b[6:], uint16(r.partition))
	le.PutUint64(b[8:], uint64(r.offset))
	le.PutUint64(b[16:], r.checksum)
	le.PutUint64(b[24:], k.sum(b[:24], 0, 0))
}

// record reads the header at the start of b, which has recordHeader bytes.
func (k *key) record(b []byte) (r recordHead, ok bool) {
	le := binary.LittleEndian
	if le.Uint64(b[24:]) != k.sum(b[:24], 0, 0) {
		return r, false
	}
	r = recordHead{
		length:    int(le.Uint32(b)),
		kind:      events.Kind(b[4]),
		partition: int32(le.Uint16(b[6:])),
		offset:    int64(le.Uint64(b[8:])),
		checksum:  le.Uint64(b[16:]),
	}
	return r, r.length <= RecordBytesMax
}

func (r *recordHead) position() events.Position {
	return events.Position{Kind: r.kind, Partition: r.partition, Offset: r.offset}
}
