package embedded

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"

	"outcry/internal/digest"
)

const (
	indexMagic  = "OUTCRYIX"
	indexHeader = 8 + 4 + 4 + 8 + 8 // magic, format, streams, segment, length
	indexFormat = 1

	// A stream has an entry at most every indexStride bytes of the file: a
	// reader walks over so many at most before its first record, and the
	// index of 256 MiB with 32 streams has at most 256 KiB.
	indexStride = 512 << 10
)

// entry says that the group at a place has the record of this offset first of its stream.
type entry struct{ offset, pos int64 }

// index finds groups in one segment.
type index struct{ streams [][]entry }

func newIndex(streams int) *index { return &index{streams: make([][]entry, streams)} }

// add takes the groups in order.
func (x *index) add(stream int, offset, pos int64) {
	entries := x.streams[stream]
	if n := len(entries); n > 0 && pos-entries[n-1].pos < indexStride {
		return
	}
	x.streams[stream] = append(entries, entry{offset, pos})
}

// find gives the place of the last group known to begin at or before offset, or start.
func (x *index) find(stream int, offset, start int64) int64 {
	entries := x.streams[stream]
	i, found := slices.BinarySearchFunc(entries, offset, func(e entry, o int64) int { return cmp.Compare(e.offset, o) })
	switch {
	case found:
		return entries[i].pos
	case i > 0:
		return entries[i-1].pos
	}
	return start
}

func (x *index) encode(s *segment) []byte {
	le := binary.LittleEndian
	b := append([]byte(nil), indexMagic...)
	b = le.AppendUint32(b, indexFormat)
	b = le.AppendUint32(b, uint32(len(x.streams)))
	b = le.AppendUint64(b, s.number)
	b = le.AppendUint64(b, uint64(s.length.Load()))
	for _, entries := range x.streams {
		b = le.AppendUint32(b, uint32(len(entries)))
		for _, e := range entries {
			b = le.AppendUint64(b, uint64(e.offset))
			b = le.AppendUint64(b, uint64(e.pos))
		}
	}
	return le.AppendUint64(b, digest.Checksum(b))
}

var errIndex = errors.New("the index is damaged")

// decodeIndex reads the index of a segment; the checksum comes first, so all
// behind it is what encode wrote, of this or another segment.
func decodeIndex(b []byte, s *segment, streams int) (*index, error) {
	le := binary.LittleEndian
	if len(b) < indexHeader+8 || le.Uint64(b[len(b)-8:]) != digest.Checksum(b[:len(b)-8]) {
		return nil, errIndex
	}
	b = b[:len(b)-8]
	if string(b[:8]) != indexMagic || le.Uint32(b[8:]) != indexFormat || int(le.Uint32(b[12:])) != streams ||
		le.Uint64(b[16:]) != s.number || int64(le.Uint64(b[24:])) != s.length.Load() {
		return nil, errIndex
	}
	x := newIndex(streams)
	b = b[indexHeader:]
	for i := range x.streams {
		if len(b) < 4 {
			return nil, errIndex
		}
		n := int(le.Uint32(b))
		b = b[4:]
		if n > len(b)/16 {
			return nil, errIndex
		}
		for ; n > 0; n-- {
			x.streams[i] = append(x.streams[i], entry{int64(le.Uint64(b)), int64(le.Uint64(b[8:]))})
			b = b[16:]
		}
	}
	if len(b) > 0 {
		return nil, errIndex
	}
	return x, nil
}

// lookup gives the place from which to walk to a record of a sealed segment
// or the one that is appended to.
func (l *Log) lookup(s *segment, stream int, offset int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.index != nil {
		return s.mu.index.find(stream, offset, l.files.header()), nil
	}
	x, err := l.files.loadIndex(s)
	if err != nil {
		l.config.Logger.Warn("rebuilding an index of the log", "segment", s.name(), "reason", err)
		if x, err = l.rebuildIndex(s); err != nil {
			return 0, err
		}
	}
	return x.find(stream, offset, l.files.header()), nil
}

func (f *files) loadIndex(s *segment) (*index, error) {
	streams := int64(f.shape.streams())
	entries := streams * (s.length.Load()/indexStride + 1)
	b, err := readFile(f.fs, f.path(indexName(s.number)), indexHeader+4*streams+16*entries+8)
	if err != nil {
		return nil, err
	}
	return decodeIndex(b, s, int(streams))
}

// rebuildIndex walks over the segment's headers. The index stays in memory
// too, so that it is made once even where it can't be written.
func (l *Log) rebuildIndex(s *segment) (*index, error) {
	file, err := l.files.fs.OpenFile(l.files.path(s.name()), os.O_RDONLY)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.name(), err)
	}
	x := newIndex(l.files.shape.streams())
	w := walker{files: &l.files, seg: s, win: newWindow(file, s.name(), scanWindow), pos: l.files.header()}
	for w.pos < s.length.Load() {
		if err := w.step(); err != nil {
			return nil, closing(file, err)
		}
		for _, c := range w.sections {
			if stream, ok := l.files.shape.stream(c.kind, c.partition); ok {
				x.add(stream, c.first, w.start)
			}
		}
	}
	s.mu.index = x
	if !l.readOnly {
		l.saveIndex(s, x)
	}
	return x, file.Close()
}

// saveIndex writes the index of a sealed segment. It can be rebuilt at any
// time, so the log does not end when this fails.
func (l *Log) saveIndex(s *segment, x *index) {
	if err := writeFile(l.files.fs, l.files.dir, indexName(s.number), x.encode(s)); err != nil {
		l.config.Logger.Warn("the index of a segment could not be written", "segment", s.name(), "error", err)
	}
}
