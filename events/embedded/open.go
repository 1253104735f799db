package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const lockFileName = "LOCK"

// Open opens the log in dir for this process alone, or creates it. It reads
// the segments' headers and the whole of the last segment. Errors are
// ErrLocked, ErrDamaged, one that names a fault of the Config, or those of
// the file system.
func Open(dir string, c Config) (*Log, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("opening the log in %s: %w", dir, err)
	}
	c = c.withDefaults()
	if err := c.FS.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("creating folder %s: %w", dir, err)
	}
	lock, err := c.FS.Lock(filepath.Join(dir, lockFileName))
	if err != nil {
		return nil, fmt.Errorf("locking the log: %w", err)
	}
	l, err := open(dir, c)
	if err != nil {
		return nil, closing(lock, fmt.Errorf("opening the log in %s: %w", dir, err))
	}
	l.unlock = lock.Close
	return l, nil
}

func open(dir string, c Config) (*Log, error) {
	m, err := readMeta(c.FS, dir)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = create(dir, &c); err != nil {
			return nil, fmt.Errorf("creating it: %w", err)
		}
	}
	l, err := newLog(dir, c, m)
	if err != nil {
		return nil, err
	}
	found, err := l.files.load()
	if err != nil {
		return nil, err
	}
	if err := l.files.sweep(); err != nil {
		return nil, err
	}
	com, err := l.recover(found)
	if err != nil {
		return nil, err
	}
	go com.run()
	return l, nil
}

// newLog makes a log that knows its folder and nothing of the segments.
func newLog(dir string, c Config, m *meta) (*Log, error) {
	k, err := m.key()
	if err != nil {
		return nil, err
	}
	if err := c.fits(m); err != nil {
		return nil, err
	}
	l := &Log{
		config:  c,
		files:   files{fs: c.FS, dir: dir, key: k, lineage: m.Lineage, shape: m.shape()},
		stopped: make(chan struct{}),
	}
	l.end.done = make(chan struct{})
	l.queue.init(c.QueueBytes)
	l.retain.keep = c.KeepBytes == 0 && c.KeepAge == 0
	l.retain.marks = make([]int64, l.files.shape.streams())
	return l, nil
}

// fits says which number of partitions is not the log's.
func (c *Config) fits(m *meta) error {
	var faults []error
	check := func(kind string, want, have int) {
		if want != 0 && want != have {
			faults = append(faults, fmt.Errorf(
				"the log was created with %d %s partitions and can't be opened with %d", have, kind, want))
		}
	}
	check("instrument", c.InstrumentPartitions, m.InstrumentPartitions)
	check("room", c.RoomPartitions, m.RoomPartitions)
	return errors.Join(faults...)
}

// create makes a log. Its meta file comes last: a folder without it holds no
// log, but for what an interrupted creation left.
func create(dir string, c *Config) (*meta, error) {
	names, err := c.FS.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading folder %s: %w", dir, err)
	}
	for _, n := range numbers(names, segmentSuffix) {
		if err := leftover(c.FS, dir, n); err != nil {
			return nil, err
		}
	}
	s := shape{c.InstrumentPartitions, c.RoomPartitions}
	if s.instruments == 0 {
		s.instruments = defaultPartitions
	}
	if s.rooms == 0 {
		s.rooms = defaultPartitions
	}
	m := newMeta(s)
	k, err := m.key()
	if err != nil {
		return nil, err
	}
	f := files{fs: c.FS, dir: dir, key: k, lineage: m.Lineage, shape: s}
	file, err := f.create(&segment{number: 1, created: c.Now(), base: make([]int64, s.streams())})
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("closing the first segment: %w", err)
	}
	return m, m.write(c.FS, dir)
}

// leftover gives an error unless the segment is the first one and has a
// header and nothing else, as an interrupted creation leaves it.
func leftover(fs FS, dir string, number uint64) error {
	b, err := readFile(fs, filepath.Join(dir, segmentName(number)), segmentHeader(2*partitionsMax))
	if err == nil && number == 1 && len(b) > segmentFixed {
		streams := int(binary.LittleEndian.Uint16(b[12:])) + int(binary.LittleEndian.Uint16(b[14:]))
		if int64(len(b)) == segmentHeader(streams) {
			return nil
		}
	}
	return errors.Join(&DamageError{Segment: metaFile, Reason: "it is missing beside " + segmentName(number)}, err)
}

// sweep removes what a crash left that no name refers to.
func (f *files) sweep() error {
	names, err := f.fs.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("reading folder %s: %w", f.dir, err)
	}
	segments := numbers(names, segmentSuffix)
	for _, name := range names {
		orphan := strings.HasSuffix(name, tempSuffix)
		if n := numbers([]string{name}, indexSuffix); len(n) == 1 && n[0] < segments[0] {
			orphan = true
		}
		if !orphan {
			continue
		}
		if err := f.fs.Remove(f.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", name, err)
		}
	}
	return nil
}
