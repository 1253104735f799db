package embedded

import (
	"outcry/events"
	"outcry/internal/digest"
)

// position is that of the section's first record.
func (s *section) position() events.Position {
	return events.Position{Kind: s.kind, Partition: s.partition, Offset: s.first}
}

// sections reads a group's table, which stands in b behind the header; b may
// end with the table. reason says what is wrong with it, "" nothing.
func (f *files) sections(h *groupHead, b []byte, dst []section) (_ []section, reason string) {
	if h.sections > f.shape.streams() {
		return dst, "it has more sections than there are partitions"
	}
	table := b[groupHeader:h.tableEnd()]
	if digest.Checksum(table) != h.table {
		return dst, "the checksum of its table does not hold"
	}
	for len(table) > 0 {
		s := getSection(table)
		if s.start < h.tableEnd() || s.length > h.length-s.start || s.records*recordHeader > s.length {
			return dst, "a section lies outside of it"
		}
		dst = append(dst, s)
		table = table[sectionEntry:]
	}
	return dst, ""
}
