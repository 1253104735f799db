package embedded

import (
	"errors"
	"fmt"

	"outcry/events"
	"outcry/events/reading"
)

// subscription hands out one partition. All of it is its goroutine's.
type subscription struct {
	log    *Log
	stream int
	next   int64
	wake   chan struct{}
	batch  []tailRecord
	cursor *cursor // nil while the tail has all that is wanted
}

// run hands records out for ever. What can't be read ends the log: to go on
// without its past would be to serve a part for the whole.
func (s *subscription) run(out *reading.Out) {
	err := s.loop(out)
	if cerr := s.leaveFile(); err == reading.ErrEnded {
		err = cerr
	}
	if err == nil {
		return
	}
	if errors.Is(err, ErrGone) {
		// Someone gave up by Retain what this reader had yet to read. That is
		// between the two; the next Subscribe says so too.
		s.log.config.Logger.Warn("a reader of the log was overtaken by retention", "error", err)
		return
	}
	s.log.fail(fmt.Errorf("reading the log: %w", err))
}

func (s *subscription) loop(out *reading.Out) error {
	for {
		var where found
		s.batch, where = s.log.tail.take(s.stream, s.next, s.batch[:0], batchRecords, s.wake)
		var err error
		switch where {
		case inMemory:
			err = s.fromMemory(out)
		case inFile:
			err = s.fromFile(out)
		case notYet:
			err = s.wait(out)
		}
		if err != nil {
			return err
		}
	}
}

func (s *subscription) fromMemory(out *reading.Out) error {
	if err := s.leaveFile(); err != nil {
		return err
	}
	for i, r := range s.batch {
		s.batch[i] = tailRecord{}
		if err := s.send(out, r.payload, r.checksum); err != nil {
			return err
		}
	}
	return nil
}

// fromFile reads a few records, then the tail is asked again.
func (s *subscription) fromFile(out *reading.Out) error {
	if s.cursor == nil {
		c, err := s.log.open(s.stream, s.next)
		if err != nil {
			return err
		}
		s.cursor = c
	}
	end := min(s.next+batchRecords, s.log.tail.end(s.stream))
	for s.next < end {
		r, err := s.cursor.read()
		if err != nil {
			return err
		}
		if err := s.send(out, r.Payload, r.Checksum); err != nil {
			return err
		}
	}
	return nil
}

func (s *subscription) leaveFile() error {
	c := s.cursor
	s.cursor = nil
	if c == nil {
		return nil
	}
	return c.close()
}

// send hands out the next record as soon as there is room for it.
func (s *subscription) send(out *reading.Out, payload []byte, checksum uint64) error {
	p := s.log.files.shape.position(s.stream, s.next)
	m := events.NewMessage(p.Kind, p.Partition, payload)
	events.SetPosition(m, p, checksum)
	if err := out.Send(m); err != nil {
		return err
	}
	s.next++
	return nil
}

// wait returns when there is something new.
func (s *subscription) wait(out *reading.Out) error {
	err := out.Wait(s.wake)
	if err != nil {
		s.log.tail.forget(s.stream, s.wake)
	}
	return err
}
