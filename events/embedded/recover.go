package embedded

import (
	"fmt"
	"os"
	"slices"
)

// loaded are the segments of a folder, before the last one was read.
type loaded struct {
	segments []*segment
	size     int64 // of the last one's file
}

// load reads the headers of all segments. Each says how long the one before
// it is, so a segment that is missing or cut off is noticed without reading it.
func (f *files) load() (*loaded, error) {
	names, err := f.fs.ReadDir(f.dir)
	if err != nil {
		return nil, fmt.Errorf("reading folder %s: %w", f.dir, err)
	}
	all := numbers(names, segmentSuffix)
	if len(all) == 0 {
		return nil, &DamageError{Segment: segmentName(1), Reason: "there is no segment at all"}
	}
	found := new(loaded)
	for i, n := range all {
		if want := all[0] + uint64(i); n != want {
			return nil, &DamageError{Segment: segmentName(want), Reason: "the segment is missing"}
		}
		s, size, err := f.readHeader(n)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			if err := f.joins(found.segments[i-1], found.size, s); err != nil {
				return nil, err
			}
		}
		found.segments = append(found.segments, s)
		found.size = size
	}
	return found, nil
}

// joins takes the length of a segment from the next one's header. Behind it
// nothing but a mark may stand.
func (f *files) joins(s *segment, size int64, next *segment) error {
	if size < next.previous || size > next.previous+groupHeader {
		return f.damage(s, min(size, next.previous), "the file has %d bytes, but %s says it has %d of groups", size, next.name(), next.previous)
	}
	s.length.Store(next.previous)
	return nil
}

// tip is what reading the last segment found.
type tip struct {
	seg    *segment
	next   []int64 // by stream, behind the last good group
	end    int64   // behind the last good group
	start  int64   // of that group; end where there is none
	group  uint64  // that comes next
	proven bool    // a header behind it says that it was durable
	goesOn bool    // in the next segment, which should exist
	torn   *DamageError
	index  *index
}

// readTip reads the whole last segment. Damage before anything that was
// durable is an error; else it is a torn tail.
func (f *files) readTip(found *loaded) (*tip, error) {
	s := found.segments[len(found.segments)-1]
	t := &tip{seg: s, next: slices.Clone(s.base), index: newIndex(f.shape.streams())}
	c, err := f.scan(s, found.size, t.next)
	if err != nil {
		return nil, err
	}
	t.start = c.pos
	err = t.read(c)
	t.end, t.group = c.pos, c.group
	if err == nil && t.end < found.size {
		err = t.judge(c)
	}
	return t, closing(c.win.file, err)
}

func (t *tip) read(c *scanner) error {
	for {
		ok, reason, err := c.read()
		if err != nil {
			return err
		}
		if !ok {
			t.torn = reason
			return nil
		}
		t.start = c.start
		for _, s := range c.sections {
			stream, _ := c.files.shape.stream(s.kind, s.partition)
			t.index.add(stream, s.first, c.start)
		}
	}
}

// judge looks at what stands behind the last good group.
func (t *tip) judge(c *scanner) error {
	from := c.pos + 1
	if c.stop != nil {
		t.proven = true
		t.goesOn = c.stop.form == formNext
		if c.stop.form != formGroup {
			from = c.pos + groupHeader
		}
	}
	at, found, err := c.proof(from)
	if err != nil {
		return err
	}
	if t.torn == nil && from < c.end {
		t.torn = c.damaged(from, "%d bytes stand behind the mark", c.end-from)
	}
	if !found {
		return nil
	}
	if t.torn == nil || c.stop != nil && c.stop.form != formGroup {
		t.torn = c.first()
	}
	t.torn.Reason += fmt.Sprintf("; it is no torn tail, because at byte %d stands what was written later", at)
	return t.torn
}

// recover reads the last segment, cuts off its torn tail, and makes sure that
// all that will be served is durable. It gives the committer that goes on there.
func (l *Log) recover(found *loaded) (*committer, error) {
	t, err := l.files.readTip(found)
	if err != nil {
		return nil, err
	}
	if t.goesOn {
		return nil, missingNext(t.seg)
	}
	c := &committer{log: l, seg: t.seg, end: t.end, group: t.group, next: t.next}
	c.file, err = l.files.fs.OpenFile(l.files.path(t.seg.name()), os.O_RDWR)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", t.seg.name(), err)
	}
	if t.torn != nil {
		l.config.Logger.Warn("cutting off a torn tail of the log, no part of it was ever acknowledged",
			"segment", t.seg.name(), "byte", t.end, "bytes", found.size-t.end, "reason", t.torn.Reason)
	}
	if err := c.settle(t, found.size); err != nil {
		return nil, closing(c.file, err)
	}
	t.seg.length.Store(t.end)
	t.seg.mu.index = t.index
	l.segments.all = found.segments
	l.tail.init(l.config.TailBytes, t.next)
	return c, nil
}

func missingNext(s *segment) error {
	return &DamageError{Segment: segmentName(s.number + 1), Reason: "the segment is missing, " + s.name() + " says that the log goes on in it"}
}

// settle makes the segment durable up to its last good group. That group may
// be one whose sync failed, or that was never synced: then the kernel may take
// for written what is not on the disk, and a sync alone would change nothing.
// So a group that nothing proves is written again first.
func (c *committer) settle(t *tip, size int64) error {
	name := c.seg.name()
	if t.torn != nil {
		if err := c.file.Truncate(t.end); err != nil {
			return fmt.Errorf("cutting %s to %d bytes: %w", name, t.end, err)
		}
	}
	if !t.proven && t.end > t.start {
		w := newWindow(c.file, name, 0)
		b, err := w.at(t.start, int(t.end-t.start), t.end)
		if err != nil {
			return err
		}
		if _, err := c.file.WriteAt(b, t.start); err != nil {
			return fmt.Errorf("writing to %s: %w", name, err)
		}
	}
	if err := c.file.Sync(); err != nil {
		return &syncError{name, err}
	}
	if err := c.log.files.fs.SyncDir(c.log.files.dir); err != nil {
		return &syncError{c.log.files.dir, err}
	}
	if err := c.mark(formMark); err != nil && !diskFull(err) {
		return fmt.Errorf("writing to %s: %w", name, err)
	}
	return nil
}
