package embedded

import (
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/internal/digest"
)

// encoder lays calls out as one group: the records of a partition stand
// together, so that its reader finds them in one piece.
type encoder struct {
	buf      []byte
	streams  []int // those of the group, in the order of their first records
	buckets  [][]*message.Message
	sections []section
	records  []encoded // in the order of the file
}

// encoded is a record of the group.
type encoded struct {
	message *message.Message
	stream  int
	offset  int64
	tailRecord
}

// A buffer that one large record made is not kept.
const encodeBufferMax = 2 * groupBytes

// encode gives the group's bytes, valid until the next encode. next says by
// stream which offset comes next; it is not changed.
func (e *encoder) encode(f *files, calls []*call, next []int64, segment uint64, pos int64, number uint64, now int64) []byte {
	e.gather(f, calls)
	h := groupHead{form: formGroup, sections: len(e.streams), number: number, time: now}
	e.buf = slices.Grow(e.buf[:0], h.tableEnd())[:h.tableEnd()]
	for _, stream := range e.streams {
		e.section(f, stream, next[stream])
	}
	for i := range e.sections {
		putSection(e.buf[groupHeader+i*sectionEntry:], &e.sections[i])
	}
	h.records = len(e.records)
	h.length = len(e.buf)
	h.table = digest.Checksum(e.buf[groupHeader:h.tableEnd()])
	f.key.putGroup(e.buf, &h, segment, pos)
	return e.buf
}

// gather puts the messages in buckets by stream, and forgets a group that failed.
func (e *encoder) gather(f *files, calls []*call) {
	e.release()
	if e.buckets == nil {
		e.buckets = make([][]*message.Message, f.shape.streams())
	}
	for _, c := range calls {
		for _, m := range c.messages {
			p := events.PositionOf(m)
			stream, _ := f.shape.stream(p.Kind, p.Partition)
			if len(e.buckets[stream]) == 0 {
				e.streams = append(e.streams, stream)
			}
			e.buckets[stream] = append(e.buckets[stream], m)
		}
	}
}

// section appends the records of one stream.
func (e *encoder) section(f *files, stream int, offset int64) {
	p := f.shape.position(stream, offset)
	s := section{kind: p.Kind, partition: p.Partition, first: offset, start: len(e.buf), records: len(e.buckets[stream])}
	for _, m := range e.buckets[stream] {
		r := recordHead{length: len(m.Payload), kind: p.Kind, partition: p.Partition, offset: offset, checksum: digest.Checksum(m.Payload)}
		at := len(e.buf)
		e.buf = slices.Grow(e.buf, recordHeader+r.length)[:at+recordHeader]
		f.key.putRecord(e.buf[at:], &r)
		e.buf = append(e.buf, m.Payload...)
		e.records = append(e.records, encoded{m, stream, offset, tailRecord{m.Payload, r.checksum}})
		offset++
	}
	s.length = len(e.buf) - s.start
	e.sections = append(e.sections, s)
}

// release lets go of the messages of the group.
func (e *encoder) release() {
	for _, stream := range e.streams {
		clear(e.buckets[stream])
		e.buckets[stream] = e.buckets[stream][:0]
	}
	clear(e.records)
	e.streams, e.sections, e.records = e.streams[:0], e.sections[:0], e.records[:0]
	if cap(e.buf) > encodeBufferMax {
		e.buf = nil
	}
}
