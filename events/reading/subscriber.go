package reading

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// Log is what a reader needs to know of its engine.
type Log struct {
	// Enter counts a subscription in, or says why there can be none any more;
	// Leave counts it out when its goroutine has ended.
	Enter func() error
	Leave func()
	// Done is closed when the log ends, and with it all subscriptions.
	Done <-chan struct{}
	// Waiting is called when a subscription has handed out all that it was given; may be nil.
	Waiting func()
}

// Begin finds the place of a new subscription. run sends what comes from there
// on until Send or Wait gives ErrEnded, or nothing more can be read.
type Begin func() (run func(*Out), err error)

// Subscriber reads one partition from one position; it is Watermill's. Each
// Subscribe starts anew there.
type Subscriber struct {
	log     Log
	from    events.Position
	begin   Begin
	closing chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// NewSubscriber makes one; nothing runs before Subscribe.
func NewSubscriber(log Log, from events.Position, begin Begin) *Subscriber {
	return &Subscriber{log: log, from: from, begin: begin, closing: make(chan struct{})}
}

// Subscribe starts one goroutine, which ends with ctx, Close, a Nack, or the log.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if topic != s.from.Kind.Topic() {
		return nil, fmt.Errorf("subscribing to %q: the subscriber at %s reads %s", topic, s.from, s.from.Kind.Topic())
	}
	if err := s.enter(); err != nil {
		return nil, fmt.Errorf("subscribing from %s: %w", s.from, err)
	}
	run, err := s.begin()
	if err != nil {
		s.leave()
		return nil, fmt.Errorf("subscribing from %s: %w", s.from, err)
	}
	out := &Out{messages: make(chan *message.Message, channelRecords), unwanted: ctx.Done(), closing: s.closing, log: s.log}
	go func() {
		defer s.leave()
		defer close(out.messages)
		run(out)
	}()
	return out.messages, nil
}

// enter counts a subscription in, unless one of the two was closed.
func (s *Subscriber) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the subscriber is closed")
	}
	if err := s.log.Enter(); err != nil {
		return err
	}
	s.running.Add(1)
	return nil
}

func (s *Subscriber) leave() {
	s.running.Done()
	s.log.Leave()
}

// Close ends its subscriptions and waits for their goroutines.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}
