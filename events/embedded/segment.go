package embedded

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"outcry/internal/digest"
)

const (
	segmentMagic  = "OUTCRYLG"
	segmentFormat = 1
	segmentFixed  = 64 // bytes before the base offsets
	segmentSuffix = ".seg"
	indexSuffix   = ".idx"
)

// segment is one file of the log. All but length and index are fixed.
type segment struct {
	number   uint64
	group    uint64  // number of its first group
	previous int64   // length of the segment before, 0 for the first
	created  int64   // ns since 1970
	base     []int64 // by stream, the next offset when it was begun

	// length is where its durable groups end. Of a sealed segment it never
	// changes; the file may have a mark behind it.
	length atomic.Int64

	// index of the segment that is appended to, or one that had to be
	// rebuilt; else nil, it is on disk.
	mu struct {
		sync.Mutex
		index *index
	}
}

func segmentName(number uint64) string { return fmt.Sprintf("%012d%s", number, segmentSuffix) }
func indexName(number uint64) string   { return fmt.Sprintf("%012d%s", number, indexSuffix) }

func (s *segment) name() string { return segmentName(s.number) }

// segmentHeader is the length of a segment's header.
func segmentHeader(streams int) int64 { return segmentFixed + 8*int64(streams) + 8 }

// files is what every part of the engine knows of the log's folder.
type files struct {
	fs      FS
	dir     string
	key     key
	lineage string
	shape   shape
}

func (f *files) path(name string) string { return filepath.Join(f.dir, name) }

func (f *files) header() int64 { return segmentHeader(f.shape.streams()) }

func (f *files) damage(s *segment, pos int64, format string, args ...any) *DamageError {
	return &DamageError{Segment: s.name(), Byte: pos, Reason: fmt.Sprintf(format, args...)}
}

func (f *files) encodeHeader(s *segment) ([]byte, error) {
	lineage, err := hex.DecodeString(f.lineage)
	if err != nil || len(lineage) != 16 {
		return nil, fmt.Errorf("the lineage %q is not 32 hexadecimal digits", f.lineage)
	}
	le := binary.LittleEndian
	b := make([]byte, 0, f.header())
	b = append(b, segmentMagic...)
	b = le.AppendUint32(b, segmentFormat)
	b = le.AppendUint16(b, uint16(f.shape.instruments))
	b = le.AppendUint16(b, uint16(f.shape.rooms))
	b = le.AppendUint64(b, s.number)
	b = le.AppendUint64(b, s.group)
	b = le.AppendUint64(b, uint64(s.previous))
	b = le.AppendUint64(b, uint64(s.created))
	b = append(b, lineage...)
	for _, offset := range s.base {
		b = le.AppendUint64(b, uint64(offset))
	}
	return le.AppendUint64(b, f.headerSum(b)), nil
}

func (f *files) headerSum(b []byte) uint64 {
	return digest.Checksum(append(slices.Clip(b), f.key[:]...))
}

// decodeHeader reads a header of the segment with this number. Its checksum
// holds the log's key, so that a segment of another log is refused too.
func (f *files) decodeHeader(b []byte, number uint64) (*segment, error) {
	le := binary.LittleEndian
	s := &segment{number: number}
	if int64(len(b)) != f.header() {
		return nil, f.damage(s, 0, "the header is cut off after %d bytes", len(b))
	}
	if string(b[:8]) != segmentMagic {
		return nil, f.damage(s, 0, "the file does not begin with %q", segmentMagic)
	}
	if v := le.Uint32(b[8:]); v != segmentFormat {
		return nil, f.damage(s, 8, "format %d, this program knows %d", v, segmentFormat)
	}
	end := len(b) - 8
	if le.Uint64(b[end:]) != f.headerSum(b[:end]) {
		return nil, f.damage(s, 0, "the header's checksum does not hold, or the segment is another log's")
	}
	if n := le.Uint64(b[16:]); n != number {
		return nil, f.damage(s, 16, "the header is that of segment %d", n)
	}
	s.group = le.Uint64(b[24:])
	s.previous = int64(le.Uint64(b[32:]))
	s.created = int64(le.Uint64(b[40:]))
	for at := segmentFixed; at < end; at += 8 {
		s.base = append(s.base, int64(le.Uint64(b[at:])))
	}
	return s, nil
}

// readHeader reads the segment's header and gives the file's size with it.
func (f *files) readHeader(number uint64) (s *segment, size int64, err error) {
	file, err := f.fs.OpenFile(f.path(segmentName(number)), os.O_RDONLY)
	if err != nil {
		return nil, 0, err
	}
	if size, err = file.Size(); err != nil {
		return nil, 0, closing(file, err)
	}
	b := make([]byte, min(size, f.header()))
	n, err := file.ReadAt(b, 0)
	if n == len(b) && errors.Is(err, io.EOF) {
		err = nil
	}
	if err = closing(file, err); err != nil {
		return nil, 0, fmt.Errorf("reading %s: %w", segmentName(number), err)
	}
	s, err = f.decodeHeader(b, number)
	return s, size, err
}

// create makes the file of a segment. Its name appears only when its header is
// durable, so that no other state than a whole header is ever found.
func (f *files) create(s *segment) (File, error) {
	header, err := f.encodeHeader(s)
	if err != nil {
		return nil, err
	}
	if err := writeFile(f.fs, f.dir, s.name(), header); err != nil {
		return nil, err
	}
	file, err := f.fs.OpenFile(f.path(s.name()), os.O_RDWR)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.name(), err)
	}
	s.length.Store(int64(len(header)))
	return file, nil
}

// drop removes a file and makes that durable, so that removals that follow
// never overtake it in a power cut.
func (f *files) drop(name string) error {
	if err := f.fs.Remove(f.path(name)); err != nil {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	if err := f.fs.SyncDir(f.dir); err != nil {
		return &syncError{f.dir, err}
	}
	return nil
}

// numbers gives the numbers of the files with a suffix, in order.
func numbers(names []string, suffix string) []uint64 {
	var found []uint64
	for _, name := range names {
		stem, ok := strings.CutSuffix(name, suffix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(stem, 10, 64); err == nil && n > 0 && fmt.Sprintf("%012d", n) == stem {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	return found
}
