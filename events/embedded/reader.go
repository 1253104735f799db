package embedded

import (
	"errors"
	"fmt"
	"iter"
	"os"

	"outcry/events"
)

// How often OpenReader looks again when the server changed segments meanwhile.
const readerTries = 5

// OpenReader opens a log for reading what is durable now, beside the process
// that writes to it, if any. It changes nothing in the folder and sees
// nothing of what comes later. Of an interrupted last group it can't tell
// whether it was durable, so it leaves it out. Publish gives ErrReadOnly.
func OpenReader(dir string, c Config) (*Log, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("opening the log in %s: %w", dir, err)
	}
	l, err := openReader(dir, c.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("opening the log in %s for reading: %w", dir, err)
	}
	return l, nil
}

func openReader(dir string, c Config) (*Log, error) {
	m, err := readMeta(c.FS, dir)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("there is no %s: %w", metaFile, os.ErrNotExist)
	}
	l, err := newLog(dir, c, m)
	if err != nil {
		return nil, err
	}
	l.readOnly = true
	l.unlock = func() error { return nil }
	close(l.stopped)
	for try := 1; ; try++ {
		again, err := l.loadReader()
		if err == nil {
			return l, nil
		}
		if !again || try == readerTries {
			return nil, err
		}
	}
}

// loadReader reads the segments; again says that the server may just have
// removed the first or begun a new one.
func (l *Log) loadReader() (again bool, err error) {
	found, err := l.files.load()
	if err != nil {
		return errors.Is(err, os.ErrNotExist), err
	}
	t, err := l.files.readTip(found)
	if err != nil {
		return false, err
	}
	if t.goesOn {
		return true, missingNext(t.seg)
	}
	if !t.proven && t.end > t.start {
		if err := l.files.forgetLast(t); err != nil {
			return false, err
		}
	}
	t.seg.length.Store(t.end)
	t.seg.mu.index = t.index
	l.segments.all = found.segments
	l.tail.init(l.config.TailBytes, t.next)
	return false, nil
}

// forgetLast takes the last group out of what was read.
func (f *files) forgetLast(t *tip) (err error) {
	file, err := f.fs.OpenFile(f.path(t.seg.name()), os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("opening %s: %w", t.seg.name(), err)
	}
	t.seg.length.Store(t.end)
	w := walker{files: f, seg: t.seg, win: newWindow(file, t.seg.name(), cursorWindow), pos: t.start}
	if err := w.step(); err != nil {
		return closing(file, err)
	}
	for _, s := range w.sections {
		if stream, ok := f.shape.stream(s.kind, s.partition); ok {
			t.next[stream] = s.first
		}
	}
	t.end = t.start
	return file.Close()
}

// Records gives the durable records of a partition from exactly from on, up
// to the end of the log as it is when it starts. After an error it ends.
func (l *Log) Records(from events.Position) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if err := l.each(from, yield); err != nil {
			yield(Record{}, fmt.Errorf("reading from %s: %w", from, err))
		}
	}
}

func (l *Log) each(from events.Position, yield func(Record, error) bool) error {
	stream, err := l.begin(from)
	if err != nil {
		return err
	}
	end := l.tail.end(stream)
	if from.Offset == end {
		return nil
	}
	c, err := l.open(stream, from.Offset)
	if err != nil {
		return err
	}
	for c.next < end {
		r, err := c.read()
		if err != nil {
			return errors.Join(err, c.close())
		}
		if !yield(r, nil) {
			break
		}
	}
	return c.close()
}
