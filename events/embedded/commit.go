package embedded

import (
	"errors"
	"fmt"
	"time"

	"outcry/events"
)

// committer is the one goroutine that writes. All of it is its own, but for
// the parts of log, which have locks.
type committer struct {
	log   *Log
	file  File
	seg   *segment
	end   int64  // behind the last durable group
	group uint64 // number of the next group
	next  []int64
	enc   encoder
	free  freeSpace
	calls []*call

	header [groupHeader]byte // of the mark
}

// run commits until the queue is closed and empty.
func (c *committer) run() {
	defer close(c.log.stopped)
	for {
		calls, trim, more := c.log.queue.take(c.calls[:0])
		if !more {
			break
		}
		if trim {
			c.log.trim()
		}
		if len(calls) > 0 {
			c.commit(calls)
		}
		clear(calls)
		c.calls = calls
	}
	if err := c.file.Close(); err != nil {
		c.log.config.Logger.Warn("closing a segment", "segment", c.seg.name(), "error", err)
	}
}

// commit makes a group durable and answers its callers.
func (c *committer) commit(calls []*call) {
	began := time.Now()
	err := c.log.failure()
	if err == nil {
		err = c.append(calls, began)
	}
	if err != nil {
		if refused := c.log.config.Observer.Refused; refused != nil {
			records := 0
			for _, call := range calls {
				records += len(call.messages)
			}
			refused(records, err)
		}
		var full *fullError
		if errors.As(err, &full) {
			c.free.looked = 0 // the next append looks again
		} else {
			c.log.fail(err)
		}
	}
	for _, call := range calls {
		call.answer(err)
	}
}

// failure is Err, but for Close, which lets what is queued through.
func (l *Log) failure() error {
	if err := l.Err(); err != nil && err != ErrClosed {
		return fmt.Errorf("the log takes no more appends: %w", err)
	}
	return nil
}

// append makes a group durable, then visible. A *fullError refuses only this
// group; any other error ends the log.
func (c *committer) append(calls []*call, began time.Time) error {
	if err := c.free.check(c.log); err != nil {
		return err
	}
	if c.end >= c.log.config.SegmentBytes {
		if err := c.roll(); err != nil {
			return err
		}
	}
	now := c.log.config.Now()
	b := c.enc.encode(&c.log.files, calls, c.next, c.seg.number, c.end, c.group, now)
	if _, err := c.file.WriteAt(b, c.end); err != nil {
		return c.cut(fmt.Errorf("writing to %s: %w", c.seg.name(), err))
	}
	synced := time.Now()
	if err := c.file.Sync(); err != nil {
		return &syncError{c.seg.name(), err}
	}
	took := time.Since(synced)
	c.advance(b)
	if err := c.mark(formMark); err != nil && !diskFull(err) {
		// The group is durable and answered as such; the next is refused.
		c.log.fail(fmt.Errorf("writing to %s: %w", c.seg.name(), err))
	}
	if committed := c.log.config.Observer.Committed; committed != nil {
		committed(Commit{Records: len(c.enc.records), Bytes: len(b), Sync: took, Total: time.Since(began)})
	}
	c.show(calls)
	return nil
}

// advance takes a durable group into the books.
func (c *committer) advance(b []byte) {
	c.seg.mu.Lock()
	for _, s := range c.enc.sections {
		stream, _ := c.log.files.shape.stream(s.kind, s.partition)
		c.next[stream] += int64(s.records)
		c.seg.mu.index.add(stream, s.first, c.end)
	}
	c.seg.mu.Unlock()
	c.end += int64(len(b))
	c.group++
	c.seg.length.Store(c.end)
}

// show hands the records to the readers and their positions to the callers.
func (c *committer) show(calls []*call) {
	c.log.tail.add(c.enc.records)
	for i := range c.enc.records {
		r := &c.enc.records[i]
		events.SetPosition(r.message, c.log.files.shape.position(r.stream, r.offset), r.checksum)
	}
	c.enc.release()
}

// mark says in the file that all before it is durable. The next group takes
// its place. It is not synced: it need not be there, but where it is, damage
// before it is told from a torn tail, after a kill for instance.
func (c *committer) mark(f form) error {
	h := groupHead{form: f, number: c.group, length: groupHeader, time: c.log.config.Now()}
	c.log.files.key.putGroup(c.header[:], &h, c.seg.number, c.end)
	_, err := c.file.WriteAt(c.header[:], c.end)
	return err
}

// cut takes back a group that could not be written. Where the disk is full the
// log goes on, and the file ends again with the last durable group. The next
// group's sync makes that durable too; a power cut before it leaves a torn tail.
func (c *committer) cut(err error) error {
	if !diskFull(err) {
		return err
	}
	if err := c.truncate(); err != nil {
		return fmt.Errorf("cutting %s back to %d bytes: %w", c.seg.name(), c.end, err)
	}
	if err := c.mark(formMark); err != nil && !diskFull(err) {
		return fmt.Errorf("writing to %s: %w", c.seg.name(), err)
	}
	return &fullError{err}
}

// truncate makes the file end with the last durable group, and looks that it does.
func (c *committer) truncate() error {
	if err := c.file.Truncate(c.end); err != nil {
		return err
	}
	size, err := c.file.Size()
	if err == nil && size != c.end {
		err = fmt.Errorf("the file has %d bytes now", size)
	}
	return err
}

// roll begins a new segment. The old one is told of it only when the new one
// is durable; then its absence is damage.
func (c *committer) roll() error {
	l := c.log
	seg := &segment{
		number: c.seg.number + 1, group: c.group, previous: c.end,
		created: l.config.Now(), base: append([]int64(nil), c.next...),
	}
	file, err := l.files.create(seg)
	if err != nil {
		return c.unroll(err)
	}
	if err := c.mark(formNext); err != nil && !diskFull(err) {
		return closing(file, fmt.Errorf("writing to %s: %w", c.seg.name(), err))
	}
	if err := c.file.Close(); err != nil {
		return closing(file, fmt.Errorf("closing %s: %w", c.seg.name(), err))
	}
	old := c.seg
	seg.mu.index = newIndex(l.files.shape.streams())
	c.file, c.seg, c.end = file, seg, seg.length.Load()
	l.segments.add(seg)
	l.seal(old)
	if rolled := l.config.Observer.Rolled; rolled != nil {
		rolled(seg.name())
	}
	l.trim()
	return nil
}

// unroll gives up a segment for which there was no room. Only where it has no
// name yet may the old one grow on: its header says where the old one ends.
func (c *committer) unroll(err error) error {
	var synced *syncError
	if errors.As(err, &synced) || !diskFull(err) {
		return err
	}
	return &fullError{err}
}

// seal moves the index of a segment that is complete from memory to disk.
func (l *Log) seal(s *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.saveIndex(s, s.mu.index)
	s.mu.index = nil
}
