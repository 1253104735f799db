package kafka

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/events"
	"outcry/events/reading"
)

// holdFor is the pause after an error that would come again at once.
const holdFor = time.Second

// subscription hands out one partition. All of it is its goroutine's.
type subscription struct {
	log   *Log
	at    events.Position // of the record that comes next
	in    *inbox
	spare []*kgo.Record
}

// run hands records out for ever. Records that are gone though they were
// durable end the log: to go on would be to serve a part for the whole.
func (s *subscription) run(out *reading.Out) {
	err := s.loop(out)
	s.in.feed.leave(s.in)
	switch {
	case err == reading.ErrEnded:
	case errors.Is(err, ErrGone):
		// Somebody removed what this reader had yet to read. That is between
		// the two; the next Subscribe says so too.
		s.log.config.Logger.Warn("a reader of the log was overtaken by retention", "error", err)
	default:
		s.log.fail(fmt.Errorf("reading the log: %w", s.log.cause(err)))
	}
}

func (s *subscription) loop(out *reading.Out) error {
	for {
		records, err := s.in.take(s.spare)
		for i, r := range records {
			records[i] = nil
			if err := s.send(out, r); err != nil {
				return err
			}
			s.in.done(r)
		}
		s.spare = records
		if err != nil {
			if err = s.judge(out, err); err != nil {
				return err
			}
			continue
		}
		if len(records) == 0 {
			if err := out.Wait(s.in.wake); err != nil {
				return err
			}
		}
	}
}

// send hands out a record as soon as there is room for it.
func (s *subscription) send(out *reading.Out, r *kgo.Record) error {
	if r.Offset != s.at.Offset {
		return fmt.Errorf("%w: at %s and after it there are none up to offset %d, as compaction leaves it", ErrTruncated, s.at, r.Offset)
	}
	// A copy, because the record lies in the memory of a whole fetch, which
	// one slow reader would keep.
	payload := bytes.Clone(value(r))
	m := events.NewMessage(s.at.Kind, s.at.Partition, payload)
	events.SetPosition(m, s.at, checksum(payload))
	if err := out.Send(m); err != nil {
		return err
	}
	s.at.Offset++
	return nil
}

// judge says what an error of fetching means; nil is that it is tried again.
func (s *subscription) judge(out *reading.Out, err error) error {
	var loss *kgo.ErrDataLoss
	switch {
	case errors.As(err, &loss):
		return fmt.Errorf("%s: %w: %w", s.at, ErrTruncated, err)
	case errors.Is(err, kerr.OffsetOutOfRange):
		return s.outOfRange(out)
	}
	s.log.state.troubled.Store(time.Now().UnixNano())
	s.log.state.setReading(fmt.Errorf("reading from %s: %w", s.at, allow(err, "Read", s.in.lane.topic)))
	return s.hold(out)
}

// outOfRange tells a reader that retention overtook from a log that lost its end.
func (s *subscription) outOfRange(out *reading.Out) error {
	first, next, err := s.log.Bounds(s.at.Kind, s.at.Partition)
	if err != nil {
		return s.hold(out) // it will be said again
	}
	err = wrongStart(s.at, first, next)
	if errors.Is(err, ErrAhead) {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	if err == nil {
		err = s.hold(out)
	}
	return err
}

// hold waits a while and has the partition fetched again.
func (s *subscription) hold(out *reading.Out) error {
	s.in.hold()
	defer s.in.release()
	return out.Pause(holdFor)
}
