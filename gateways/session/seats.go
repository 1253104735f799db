package session

import "outcry/gateways/relay"

// seats are where the relay marks subscriptions: streams, and topics whose entity is not attached yet.
type seats struct {
	board relay.Board
	subs  []*subscription // nil where a seat is free
	free  []int
}

func (s *seats) take(sub *subscription) (seat int) {
	if n := len(s.free); n > 0 {
		seat = s.free[n-1]
		s.free = s.free[:n-1]
		s.subs[seat] = sub
		return seat
	}
	s.subs = append(s.subs, sub)
	return len(s.subs) - 1
}

// leave frees a seat that watches nothing any more.
func (s *seats) leave(seat int) {
	s.subs[seat] = nil
	s.free = append(s.free, seat)
	if len(s.free) == len(s.subs) { // clients subscribe to hundreds at once, and then to none for hours
		s.subs, s.free = nil, nil
		s.board.Clear()
	}
}

// Marked is called by the pump when the relay marked something.
func (s *seats) Marked() {
	seat, ok := s.board.Next(0)
	for ok {
		if seat < len(s.subs) && s.subs[seat] != nil {
			s.subs[seat].marked()
		}
		seat, ok = s.board.Next(seat + 1)
	}
}
