package embedded

import (
	"errors"
	"os"

	"outcry/events"
	"outcry/internal/digest"
)

// A cursor reads so many bytes at once. Where a group is larger, it jumps to
// its own partition's section, so 32 readers don't each read everything.
const cursorWindow = 32 << 10

// Record is one record of the log with its place.
type Record struct {
	Position events.Position
	// Checksum is XXH3-64 of the payload; it was verified.
	Checksum uint64
	// Time is when its group was written, ns since 1970.
	Time int64
	// Segment is the name of the file, Byte the place of the record's header in it.
	Segment string
	Byte    int64
	// Payload is the caller's own.
	Payload []byte
}

// cursor reads the durable records of one partition from the files, in order.
type cursor struct {
	log    *Log
	stream int
	next   int64 // offset of the record that read gives
	walk   walker
	left   int   // records left in the section
	record int64 // place of the next of them
}

// open puts the cursor before the record of this offset, which must be durable.
func (l *Log) open(stream int, offset int64) (*cursor, error) {
	c := &cursor{log: l, stream: stream, next: offset}
	c.walk.files, c.walk.win = &l.files, newWindow(nil, "", cursorWindow)
	if err := c.seek(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *cursor) close() error {
	file := c.walk.win.file
	c.walk.win.file = nil
	if file == nil {
		return nil
	}
	return file.Close()
}

// seek enters the segment that holds the next record.
func (c *cursor) seek() error {
	l := c.log
	seg := l.segments.holding(c.stream, c.next)
	if seg == nil {
		return c.gone()
	}
	if err := c.close(); err != nil {
		return err
	}
	start, err := l.lookup(seg, c.stream, c.next)
	if err == nil {
		var file File
		if file, err = l.files.fs.OpenFile(l.files.path(seg.name()), os.O_RDONLY); err == nil {
			c.walk.win.turn(file, seg.name())
			c.walk.seg, c.walk.pos, c.left = seg, start, 0
			return nil
		}
	}
	if errors.Is(err, os.ErrNotExist) && l.segments.holding(c.stream, c.next) != seg {
		return c.gone() // retention removed it between the two looks
	}
	return err
}

func (c *cursor) gone() error {
	p := c.log.files.shape.position(c.stream, c.next)
	return &GoneError{Asked: p, First: c.log.segments.first(c.stream)}
}

// read gives the next record, which must be durable.
func (c *cursor) read() (Record, error) {
	for c.left == 0 {
		if err := c.advance(); err != nil {
			return Record{}, err
		}
	}
	h, err := c.header()
	if err != nil {
		return Record{}, err
	}
	r := Record{
		Position: h.position(), Checksum: h.checksum, Time: c.walk.head.time,
		Segment: c.walk.seg.name(), Byte: c.record, Payload: make([]byte, h.length),
	}
	if err := c.walk.win.copy(r.Payload, c.record+recordHeader, c.walk.seg.length.Load()); err != nil {
		return Record{}, err
	}
	if digest.Checksum(r.Payload) != h.checksum {
		return Record{}, c.damage("the record's checksum does not hold")
	}
	c.pass(h)
	return r, nil
}

// pass leaves a record behind.
func (c *cursor) pass(h recordHead) {
	c.record += recordHeader + int64(h.length)
	c.left--
	c.next++
}

// advance goes to the section of the next group that has the next record.
func (c *cursor) advance() error {
	for c.walk.pos >= c.walk.seg.length.Load() {
		was := c.walk.seg
		if err := c.seek(); err != nil {
			return err
		}
		if c.walk.seg == was { // the segment should have had it
			c.record = c.walk.pos
			return c.damage("the record is missing")
		}
	}
	if err := c.walk.step(); err != nil {
		if d := asDamage(err); d != nil && !d.Known {
			d.Record, d.Known = c.log.files.shape.position(c.stream, c.next), true
		}
		return err
	}
	for _, s := range c.walk.sections {
		stream, ok := c.log.files.shape.stream(s.kind, s.partition)
		if ok && stream == c.stream && s.first+int64(s.records) > c.next {
			return c.enter(s)
		}
	}
	return nil
}

// enter goes to the next record in a section that has it.
func (c *cursor) enter(s section) error {
	c.record, c.left = c.walk.start+int64(s.start), s.records
	want := c.next
	if s.first > want {
		return c.damage("the records before offset %d are missing", s.first)
	}
	for c.next = s.first; c.next < want; {
		h, err := c.header()
		if err != nil {
			return err
		}
		c.pass(h)
	}
	return nil
}

// header reads the header of the record with offset next.
func (c *cursor) header() (recordHead, error) {
	end := c.walk.start + int64(c.walk.head.length)
	b, err := c.walk.win.at(c.record, recordHeader, c.walk.seg.length.Load())
	if err != nil {
		return recordHead{}, err
	}
	if len(b) == recordHeader {
		h, ok := c.log.files.key.record(b)
		if ok && h.position() == c.log.files.shape.position(c.stream, c.next) &&
			c.record+recordHeader+int64(h.length) <= end {
			return h, nil
		}
	}
	return recordHead{}, c.damage("the record's header is damaged")
}

func (c *cursor) damage(format string, args ...any) error {
	d := c.log.files.damage(c.walk.seg, c.record, format, args...)
	d.Record, d.Known = c.log.files.shape.position(c.stream, c.next), true
	return d
}
