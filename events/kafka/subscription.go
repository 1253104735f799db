package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/events"
)

// holdFor is the pause after an error that would come again at once.
const holdFor = time.Second

// subscription hands out one partition. All of it is its goroutine's.
type subscription struct {
	log     *Log
	closing <-chan struct{}
	at      events.Position // of the record that comes next
	in      *inbox
	out     chan *message.Message
	flight  flight
	spare   []*kgo.Record
}

// errEnded says that the subscription ends as it should.
var errEnded = errors.New("the subscription has ended")

// run hands records out for ever. Records that are gone though they were
// durable end the log: to go on would be to serve a part for the whole.
func (s *subscription) run(ctx context.Context) {
	err := s.loop(ctx)
	s.in.feed.leave(s.in)
	switch {
	case err == errEnded:
	case errors.Is(err, ErrGone):
		// Somebody removed what this reader had yet to read. That is between
		// the two; the next Subscribe says so too.
		s.log.config.Logger.Warn("a reader of the log was overtaken by retention", "error", err)
	default:
		s.log.fail(fmt.Errorf("reading the log: %w", s.log.cause(err)))
	}
}

func (s *subscription) loop(ctx context.Context) error {
	for {
		records, err := s.in.take(s.spare)
		for i, r := range records {
			records[i] = nil
			if err := s.send(ctx, r); err != nil {
				return err
			}
			s.in.done(r)
		}
		s.spare = records
		if err != nil {
			if err = s.judge(ctx, err); err != nil {
				return err
			}
			continue
		}
		if len(records) == 0 {
			if err := s.wait(ctx); err != nil {
				return err
			}
		}
	}
}

// send hands out a record as soon as there is room for it.
func (s *subscription) send(ctx context.Context, r *kgo.Record) error {
	if r.Offset != s.at.Offset {
		return fmt.Errorf("%w: at %s and after it there are none up to offset %d, as compaction leaves it", ErrTruncated, s.at, r.Offset)
	}
	said := value(r)
	for s.flight.count > 0 {
		landed, err := s.land(ctx, s.flight.full(len(said)))
		if err != nil {
			return err
		}
		if !landed {
			break
		}
	}
	// A copy, because the record lies in the memory of a whole fetch, which
	// one slow reader would keep.
	payload := bytes.Clone(said)
	m := events.NewMessage(s.at.Kind, s.at.Partition, payload)
	events.SetPosition(m, s.at, checksum(payload))
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
	s.flight.push(m)
	s.at.Offset++
	return nil
}

// land looks whether the oldest record under way was acknowledged; where wait
// is set it waits for that.
func (s *subscription) land(ctx context.Context, wait bool) (landed bool, err error) {
	oldest := s.flight.oldest()
	select {
	case <-oldest.Acked():
		s.flight.pop()
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
		s.flight.pop()
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
	if s.flight.count == 0 {
		return nil
	}
	return s.flight.oldest().Nacked()
}

// wait returns when there is something new, and lets go of what is
// acknowledged meanwhile.
func (s *subscription) wait(ctx context.Context) error {
	if waiting := s.log.config.Observer.Waiting; waiting != nil {
		waiting()
	}
	for {
		var acked <-chan struct{}
		if s.flight.count > 0 {
			acked = s.flight.oldest().Acked()
		}
		select {
		case <-s.in.wake:
			return nil
		case <-acked:
			s.flight.pop()
		case <-s.nacked():
			return errEnded
		case <-s.closing:
			return errEnded
		case <-s.log.end.done:
			return errEnded
		case <-ctx.Done():
			return errEnded
		}
	}
}

// judge says what an error of fetching means; nil is that it is tried again.
func (s *subscription) judge(ctx context.Context, err error) error {
	var loss *kgo.ErrDataLoss
	switch {
	case errors.As(err, &loss):
		return fmt.Errorf("%s: %w: %w", s.at, ErrTruncated, err)
	case errors.Is(err, kerr.OffsetOutOfRange):
		return s.outOfRange(ctx)
	}
	s.log.state.troubled.Store(time.Now().UnixNano())
	s.log.state.setReading(fmt.Errorf("reading from %s: %w", s.at, allow(err, "Read", s.in.lane.topic)))
	return s.hold(ctx)
}

// outOfRange tells a reader that retention overtook from a log that lost its end.
func (s *subscription) outOfRange(ctx context.Context) error {
	first, next, err := s.log.Bounds(s.at.Kind, s.at.Partition)
	if err != nil {
		return s.hold(ctx) // it will be said again
	}
	err = wrongStart(s.at, first, next)
	if errors.Is(err, ErrAhead) {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	if err == nil {
		err = s.hold(ctx)
	}
	return err
}

// hold waits a while and has the partition fetched again.
func (s *subscription) hold(ctx context.Context) error {
	s.in.hold()
	defer s.in.release()
	t := time.NewTimer(holdFor)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.closing:
	case <-s.log.end.done:
	case <-ctx.Done():
	}
	return errEnded
}
