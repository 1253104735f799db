package events

import (
	"context"
	"fmt"
	"slices"
)

// ticket follows the inputs of one Send.
type ticket struct {
	records   int // that hold its inputs and are under way
	positions []Position
	err       error
	done      func([]Position, error)
}

// hold lets the current ticket wait for the draft.
func (s *Stream) hold(d *draft) {
	if s.ticket == nil {
		s.ticket = new(ticket)
	}
	if !d.holds(s.ticket) {
		d.tickets = append(d.tickets, s.ticket)
		s.ticket.records++
	}
}

// Send closes what was added since the last Send and appends it. done is
// called once, from another goroutine, when all of it is durable, with the
// positions of the records that hold it. On an error nothing is known about
// durability. Records never mix inputs of different streams, but inputs of
// several Sends of one stream may share a record.
//
// The dones of a stream are called in the order of its Sends; one with
// nothing added gets no positions. done must not block, nor add inputs: the
// publisher stands still meanwhile. After Close, done is called with
// ErrClosed before Send returns.
func (s *Stream) Send(done func([]Position, error)) {
	if err := s.send(done); err != nil {
		done(nil, err)
		return
	}
	s.publisher.want()
}

func (s *Stream) send(done func([]Position, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.enlisted {
		if err := s.publisher.enlist(s); err != nil {
			return err
		}
		s.enlisted = true
	}
	t := s.ticket
	if t == nil {
		t = new(ticket)
	}
	t.done = done
	s.ticket = nil
	s.tickets = append(s.tickets, t)
	return nil
}

// Flush is Send and waits. When ctx ends first nothing is known about durability.
func (s *Stream) Flush(ctx context.Context) ([]Position, error) {
	type result struct {
		positions []Position
		err       error
	}
	results := make(chan result, 1) // so that the publisher never waits for us
	s.Send(func(positions []Position, err error) { results <- result{positions, err} })
	select {
	case r := <-results:
		return r.positions, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for records to be durable: %w", ctx.Err())
	}
}

// due takes the oldest Sends whose records are all settled, in order.
func (s *Stream) due(dst []*ticket) []*ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.tickets) && s.tickets[n].records == 0 {
		n++
	}
	dst = append(dst, s.tickets[:n]...)
	s.tickets = slices.Delete(s.tickets, 0, n)
	return dst
}
