package session

import (
	"time"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// arrive lets in a client that said hello, at once or when its turn has come;
// until then nothing more of it is read. One that resumes goes first.
func (s *Session) arrive(resuming bool) {
	if s.user != "" && !s.config.Users.Enter(s.user) {
		s.end(fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS, "this user has as many connections as there may be"))
		return
	}
	s.counted = s.user != ""
	post := s.options.Post
	ticket, again := s.config.Arrivals.Enter(resuming, func(at time.Time) {
		post(func() { s.greet(at) })
	})
	switch {
	case again > 0:
		s.end(fault.NewErrorAfter(outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, again, "many clients connect at this moment"))
	case ticket != nil:
		s.ticket, s.helloBy = ticket, s.now.Add(arriveWithin)
	default:
		s.greet(s.now)
	}
}

// greet begins the conversation.
func (s *Session) greet(now time.Time) {
	if s.ended != nil {
		return
	}
	s.now, s.ticket = now, nil
	s.helloBy = time.Time{}
	s.beatAt = now.Add(s.config.Heartbeat)
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Hello{Hello: s.greeting()}})
	s.goOn()
}

// late ends a session that has not begun in time.
func (s *Session) late() {
	if s.ticket != nil {
		s.end(failure(outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, "many clients connect at this moment"))
		return
	}
	s.end(failure(outcryv1.ErrorCode_ERROR_CODE_TIMED_OUT, "no hello came within %s", s.config.HelloWithin))
}

// depart gives back the places that the client held.
func (s *Session) depart() {
	s.ticket.Leave()
	if s.counted {
		s.config.Users.Leave(s.user)
	}
}
