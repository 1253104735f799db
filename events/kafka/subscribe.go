package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

const (
	// What a subscription may have under way that is not acknowledged.
	flightRecords = 1024
	flightBytes   = 4 << 20

	channelRecords = 64
)

// Subscriber reads one partition from exactly from on. Each Subscribe starts
// anew there; it fails with ErrGone where from is no longer kept, with
// ErrAhead where it lies behind the end. Acks are looked at in order: a Nack
// ends the subscription when all records before it are acknowledged. Retention
// that overtakes a reader closes its channel though the log goes on.
func (l *Log) Subscriber(from events.Position) message.Subscriber {
	return &subscriber{log: l, from: from, closing: make(chan struct{})}
}

type subscriber struct {
	log     *Log
	from    events.Position
	closing chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// Subscribe starts one goroutine, which ends with ctx, Close, a Nack, or the log.
func (s *subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if topic != s.from.Kind.Topic() {
		return nil, fmt.Errorf("subscribing to %q: the subscriber at %s reads %s", topic, s.from, s.from.Kind.Topic())
	}
	if err := s.start(); err != nil {
		return nil, fmt.Errorf("subscribing from %s: %w", s.from, err)
	}
	in, err := s.log.begin(s.from)
	if err != nil {
		s.finish()
		return nil, fmt.Errorf("subscribing from %s: %w", s.from, err)
	}
	sub := &subscription{log: s.log, closing: s.closing, at: s.from, in: in, out: make(chan *message.Message, channelRecords)}
	go func() {
		defer s.finish()
		defer close(sub.out)
		sub.run(ctx)
	}()
	return sub.out, nil
}

// begin gives an inbox for a position from which a reader can start.
func (l *Log) begin(from events.Position) (*inbox, error) {
	t, err := l.find(from.Kind, from.Partition)
	if err != nil {
		return nil, err
	}
	first, next, err := l.Bounds(from.Kind, from.Partition)
	if err != nil {
		return nil, err
	}
	if err := wrongStart(from, first, next); err != nil {
		return nil, err
	}
	return l.hub.join(lane{t.name, from.Partition}, from.Offset)
}

// start counts a subscription in, unless one of the two was closed.
func (s *subscriber) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the subscriber is closed")
	}
	if err := s.log.enter(&s.log.running); err != nil {
		return err
	}
	s.running.Add(1)
	return nil
}

func (s *subscriber) finish() {
	s.running.Done()
	s.log.running.Done()
}

// Close ends its subscriptions and waits for their goroutines.
func (s *subscriber) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}
