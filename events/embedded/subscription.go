package embedded

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// subscription hands out one partition. All of it is its goroutine's.
type subscription struct {
	log     *Log
	closing <-chan struct{}
	stream  int
	next    int64
	out     chan *message.Message
	wake    chan struct{}
	batch   []tailRecord
	cursor  *cursor // nil while the tail has all that is wanted

	flight fifo[inFlight]
	bytes  int64
}

// inFlight is a record that was handed out and is not acknowledged.
type inFlight struct {
	message *message.Message
	bytes   int64
}

// errEnded says that the subscription ends as it should.
var errEnded = errors.New("the subscription has ended")

// run hands records out for ever. What can't be read ends the log: to go on
// without its past would be to serve a part for the whole.
func (s *subscription) run(ctx context.Context) {
	err := s.loop(ctx)
	if cerr := s.leaveFile(); err == errEnded {
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

func (s *subscription) loop(ctx context.Context) error {
	for {
		var where found
		s.batch, where = s.log.tail.take(s.stream, s.next, s.batch[:0], batchRecords, s.wake)
		var err error
		switch where {
		case inMemory:
			err = s.fromMemory(ctx)
		case inFile:
			err = s.fromFile(ctx)
		case notYet:
			err = s.wait(ctx)
		}
		if err != nil {
			return err
		}
	}
}

func (s *subscription) fromMemory(ctx context.Context) error {
	if err := s.leaveFile(); err != nil {
		return err
	}
	for i, r := range s.batch {
		s.batch[i] = tailRecord{}
		if err := s.send(ctx, r.payload, r.checksum); err != nil {
			return err
		}
	}
	return nil
}

// fromFile reads a few records, then the tail is asked again.
func (s *subscription) fromFile(ctx context.Context) error {
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
		if err := s.send(ctx, r.Payload, r.Checksum); err != nil {
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
func (s *subscription) send(ctx context.Context, payload []byte, checksum uint64) error {
	size := int64(len(payload))
	for s.flight.len() > 0 {
		full := s.flight.len() >= flightRecords || s.bytes+size > flightBytes
		landed, err := s.land(ctx, full)
		if err != nil {
			return err
		}
		if !landed {
			break
		}
	}
	p := s.log.files.shape.position(s.stream, s.next)
	m := events.NewMessage(p.Kind, p.Partition, payload)
	events.SetPosition(m, p, checksum)
	select {
	case s.out <- m:
	case <-s.nacked():
		return errEnded
	case <-s.closing:
		return errEnded
	case <-s.log.end.done:
		return errEnded
	case <-ctx.Done():
		return errEnded
	}
	s.flight.push(inFlight{m, size})
	s.bytes += size
	s.next++
	return nil
}

// land looks whether the oldest record under way was acknowledged; where wait
// is set it waits for that.
func (s *subscription) land(ctx context.Context, wait bool) (landed bool, err error) {
	oldest := s.flight.at(0).message
	select {
	case <-oldest.Acked():
		s.bytes -= s.flight.pop().bytes
		return true, nil
	case <-oldest.Nacked():
		return false, errEnded
	default:
	}
	if !wait {
		return false, nil
	}
	select {
	case <-oldest.Acked():
		s.bytes -= s.flight.pop().bytes
		return true, nil
	case <-oldest.Nacked():
	case <-s.closing:
	case <-s.log.end.done:
	case <-ctx.Done():
	}
	return false, errEnded
}

// nacked is closed when the oldest record under way is refused; nil where there is none.
func (s *subscription) nacked() <-chan struct{} {
	if s.flight.len() == 0 {
		return nil
	}
	return s.flight.at(0).message.Nacked()
}

// wait returns when there is something new, and lets go of what is
// acknowledged meanwhile.
func (s *subscription) wait(ctx context.Context) error {
	if waiting := s.log.config.Observer.Waiting; waiting != nil {
		waiting()
	}
	for {
		var acked <-chan struct{}
		if s.flight.len() > 0 {
			acked = s.flight.at(0).message.Acked()
		}
		select {
		case <-s.wake:
			return nil
		case <-acked:
			s.bytes -= s.flight.pop().bytes
			continue
		case <-s.nacked():
		case <-s.closing:
		case <-s.log.end.done:
		case <-ctx.Done():
		}
		s.log.tail.forget(s.stream, s.wake)
		return errEnded
	}
}
