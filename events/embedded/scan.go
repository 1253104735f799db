package embedded

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"outcry/internal/digest"
)

const scanWindow = 1 << 20

// scanner walks a segment group by group and verifies every byte of it.
type scanner struct {
	files *files
	seg   *segment
	win   window
	end   int64 // of the file

	next     []int64 // by stream, the offset expected next; -1 any
	pos      int64   // behind the last good group
	group    uint64  // number expected next
	sections []section
	body     []byte // of the group read last, valid until the next
	head     groupHead
	start    int64 // of that group
	// stop is the header that stands at pos where no good group does: of a
	// mark, or of a group that is not whole. It proves that all before it was
	// durable. Nil where there is none.
	stop *groupHead
}

// scan opens a segment for a walk over its first size bytes. next is changed as it goes.
func (f *files) scan(s *segment, size int64, next []int64) (*scanner, error) {
	file, err := f.fs.OpenFile(f.path(s.name()), os.O_RDONLY)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.name(), err)
	}
	return &scanner{
		files: f, seg: s, win: newWindow(file, s.name(), int(min(scanWindow, size))), end: size,
		next: next, pos: f.header(), group: s.group,
	}, nil
}

// read reads the group at pos. It is not ok where no good group stands there;
// reason says why. An error is one of reading.
func (c *scanner) read() (ok bool, reason *DamageError, err error) {
	if c.pos == c.end {
		return false, nil, nil
	}
	h, err := c.headAt(c.pos)
	switch {
	case err != nil:
		return false, nil, err
	case h == nil || h.number != c.group:
		return false, c.first(), nil
	}
	if c.stop = h; h.form != formGroup {
		return false, nil, nil
	}
	if c.pos+int64(h.length) > c.end {
		return false, c.damaged(c.pos, "the group of %d bytes is cut off by the file's end", h.length), nil
	}
	body, err := c.win.at(c.pos, h.length, c.end)
	if err != nil {
		return false, nil, err
	}
	if reason := c.verify(h, body); reason != nil {
		return false, reason, nil
	}
	c.head, c.body, c.start, c.stop = *h, body, c.pos, nil
	c.pos += int64(h.length)
	c.group++
	for _, s := range c.sections {
		stream, _ := c.files.shape.stream(s.kind, s.partition)
		c.next[stream] = s.first + int64(s.records)
	}
	return true, nil, nil
}

// headAt gives the header at a place or nil.
func (c *scanner) headAt(pos int64) (*groupHead, error) {
	b, err := c.win.at(pos, groupHeader, c.end)
	if err != nil || len(b) < groupHeader {
		return nil, err
	}
	h, ok := c.files.key.group(b, c.seg.number, pos)
	if !ok {
		return nil, nil
	}
	return &h, nil
}

func (c *scanner) damaged(pos int64, format string, args ...any) *DamageError {
	return c.files.damage(c.seg, pos, format, args...)
}

// first names the place of a group whose header is damaged by its first
// record: nothing says how long its table is, so every length is tried.
func (c *scanner) first() *DamageError {
	damage := c.damaged(c.pos, "the header of group %d is damaged", c.group)
	streams := c.files.shape.streams()
	b, err := c.win.at(c.pos, groupHeader+streams*sectionEntry+recordHeader, c.end)
	if err != nil {
		return damage
	}
	for at := groupHeader + sectionEntry; at+recordHeader <= len(b); at += sectionEntry {
		if r, ok := c.files.key.record(b[at:]); ok {
			damage.Record, damage.Known = r.position(), true
			return damage
		}
	}
	return damage
}

// verify checks a whole group against its checksums and the expected offsets.
func (c *scanner) verify(h *groupHead, body []byte) *DamageError {
	sections, reason := c.files.sections(h, body, c.sections[:0])
	c.sections = sections
	if reason != "" {
		return c.damaged(c.pos, "group %d: %s", h.number, reason)
	}
	at, records := h.tableEnd(), 0
	for _, s := range sections {
		stream, ok := c.files.shape.stream(s.kind, s.partition)
		if !ok || c.next[stream] >= 0 && s.first != c.next[stream] || s.start != at {
			damage := c.damaged(c.pos, "group %d does not go on where the log ended", h.number)
			damage.Record, damage.Known = s.position(), true
			return damage
		}
		if damage := c.records(s, body); damage != nil {
			return damage
		}
		at += s.length
		records += s.records
	}
	if at != h.length || records != h.records {
		return c.damaged(c.pos, "group %d is not as long as its header says", h.number)
	}
	return nil
}

// records verifies a section's records.
func (c *scanner) records(s section, body []byte) *DamageError {
	at, want := s.start, s.position()
	for range s.records {
		damage := c.damaged(c.pos+int64(at), "the record's header is damaged")
		damage.Record, damage.Known = want, true
		if s.start+s.length-at < recordHeader {
			return damage
		}
		r, ok := c.files.key.record(body[at:])
		if !ok || r.position() != want || r.length > s.start+s.length-at-recordHeader {
			return damage
		}
		at += recordHeader
		if digest.Checksum(body[at:at+r.length]) != r.checksum {
			damage.Reason = "the record's checksum does not hold"
			return damage
		}
		at += r.length
		want.Offset++
	}
	if at != s.start+s.length {
		return c.damaged(c.pos+int64(at), "the section is not as long as the group says")
	}
	return nil
}

// proof looks for a header anywhere behind pos. Where there is one, all that
// stands before it was durable once: the next group is written only after the
// sync of the one before.
func (c *scanner) proof(pos int64) (at int64, found bool, err error) {
	magic := binary.LittleEndian.AppendUint32(nil, groupMagic)
	for pos < c.end {
		b, err := c.win.at(pos, scanWindow, c.end)
		if err != nil {
			return 0, false, err
		}
		i := bytes.Index(b, magic)
		if i < 0 {
			if len(b) < scanWindow {
				return 0, false, nil
			}
			pos += int64(len(b) - len(magic) + 1)
			continue
		}
		pos += int64(i)
		h, err := c.headAt(pos)
		if err != nil {
			return 0, false, err
		}
		if h != nil {
			return pos, true, nil
		}
		pos++
	}
	return 0, false, nil
}
