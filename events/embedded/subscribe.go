package embedded

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
	batchRecords   = 64 // taken from memory, or read, between two looks at the tail
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
	stream, err := s.log.begin(s.from)
	if err != nil {
		return nil, fmt.Errorf("subscribing from %s: %w", s.from, err)
	}
	sub := &subscription{
		log: s.log, closing: s.closing, stream: stream, next: s.from.Offset,
		out:  make(chan *message.Message, channelRecords),
		wake: make(chan struct{}, 1),
	}
	if err := s.start(); err != nil {
		return nil, fmt.Errorf("subscribing from %s: %w", s.from, err)
	}
	go func() {
		defer s.log.subs.Done()
		defer s.running.Done()
		defer close(sub.out)
		sub.run(ctx)
	}()
	return sub.out, nil
}

// start counts a subscription in, unless one of the two was closed.
func (s *subscriber) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.end.Lock()
	defer s.log.end.Unlock()
	switch {
	case s.closed:
		return errors.New("the subscriber is closed")
	case s.log.end.closed:
		return ErrClosed
	case s.log.end.err != nil:
		return s.log.end.err
	}
	s.running.Add(1)
	s.log.subs.Add(1)
	return nil
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
