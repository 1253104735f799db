package command

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Session keeps the order of one client's commands. It needs no closing; one
// that is not used any more costs nothing. May be used by many goroutines.
type Session struct {
	commander *Commander
	user      string

	mu       sync.Mutex
	lanes    map[string]*lane // by room
	underWay int
	told     []telling // what the turn under way has to tell when it ends
}

type telling struct {
	done   func(*outcryv1.Answer)
	answer *outcryv1.Answer
}

// call is one command under way. The session's turn guards it.
type call struct {
	session *Session
	command *outcryv1.Command
	input   *outcryv1.RoomInput
	done    func(*outcryv1.Answer)
	timer   *time.Timer
	id      [16]byte
	reads   int // of the message it names

	blocks   bool // those behind it wait for its decision
	held     bool // it waits for one before it
	sent     bool // it went to the log, and what became of it is not known yet
	answered bool
}

// turn runs fn alone, then tells the answers that it gave.
func (s *Session) turn(fn func()) {
	s.mu.Lock()
	fn()
	told := s.told
	s.told = nil
	s.mu.Unlock()
	for _, t := range told {
		t.done(t.answer)
	}
}

// Submit asks a room for a change. done is called exactly once with the answer,
// perhaps before Submit returns, else from another goroutine, perhaps in a room's
// turn: it must not block. c is copied.
func (s *Session) Submit(c *outcryv1.Command, done func(*outcryv1.Answer)) {
	s.submit(c, false, done)
}

// SubmitStaff is Submit for somebody who was granted to moderate the room: he is
// its staff, though the room may not know him.
func (s *Session) SubmitStaff(c *outcryv1.Command, done func(*outcryv1.Answer)) {
	s.submit(c, true, done)
}

func (s *Session) submit(c *outcryv1.Command, staff bool, done func(*outcryv1.Answer)) {
	c = proto.Clone(c).(*outcryv1.Command)
	now := s.commander.config.Now()
	in, refusal := inputOf(s.user, c, now)
	if refusal == nil {
		refusal = s.overspent(now)
	}
	if refusal != nil {
		done(refused(c, refusal))
		return
	}
	done = s.commander.config.Observer.received(s.user, c.Room, [16]byte(c.ClientMsgId), done)
	in.Staff = staff
	s.turn(func() {
		if refusal := s.take(&call{session: s, command: c, input: in, done: done, id: [16]byte(c.ClientMsgId), blocks: olderMessage(in) != 0}); refusal != nil {
			s.told = append(s.told, telling{done, refused(c, refusal)})
		}
	})
}

// take puts a new command under way, or says why not.
func (s *Session) take(k *call) *outcryv1.Error {
	l := s.lanes[k.command.Room]
	if l == nil {
		if len(s.lanes) >= s.commander.config.Limits.Rooms {
			return overloaded("the session has commands under way, or to be sent again, in %d rooms", len(s.lanes))
		}
		l = &lane{}
	}
	for _, other := range l.calls {
		if other.id == k.id && !proto.Equal(other.command, k.command) {
			return fault.NewError(outcryv1.ErrorCode_ERROR_CODE_CONFLICT, "another command with the same client_msg_id is under way")
		}
	}
	switch limits := &s.commander.config.Limits; {
	case s.underWay >= limits.PerSession:
		return overloaded("the session has %d commands under way", s.underWay)
	case s.commander.underWay.Load() >= int64(limits.UnderWay):
		return overloaded("the server has %d commands under way", limits.UnderWay)
	case !l.admit(k.id):
		return outOfOrder()
	}
	s.lanes[k.command.Room] = l
	k.held = l.blocked()
	l.calls = append(l.calls, k)
	s.underWay++
	s.commander.underWay.Add(1)
	k.timer = time.AfterFunc(s.commander.config.Limits.Wait, func() { s.turn(func() { s.late(k) }) })
	if !k.held {
		s.enqueue(k)
	}
	return nil
}

// enqueue hands a command to Run.
func (s *Session) enqueue(k *call) {
	select {
	case s.commander.queue <- k:
	default:
		s.refuse(k, overloaded("the server has too many commands waiting for the log"))
	}
}

// late answers a command that waited for too long.
func (s *Session) late(k *call) {
	if k.sent {
		s.refuse(k, unknown("the room has not decided yet"))
		return
	}
	s.refuse(k, overloaded("the command waited for too long; nothing was done"))
}

func (s *Session) refuse(k *call, e *outcryv1.Error) { s.answer(k, refused(k.command, e)) }

// answer ends a command, and lets go those behind it.
func (s *Session) answer(k *call, a *outcryv1.Answer) {
	if k.answered {
		return
	}
	k.answered = true
	k.timer.Stop()
	s.underWay--
	s.commander.underWay.Add(-1)
	s.told = append(s.told, telling{k.done, a})
	l := s.lanes[k.command.Room]
	l.calls = slices.DeleteFunc(l.calls, func(c *call) bool { return c == k })
	l.ended(k.id, final(a))
	s.release(l)
	if l.empty() {
		delete(s.lanes, k.command.Room)
	}
}

// final says that the same command, sent again, would only be told the same.
func final(a *outcryv1.Answer) bool {
	if a.Error == nil {
		return true
	}
	retry := fault.RetryOf(a.Error.Code)
	return retry == outcryv1.Retry_RETRY_NEVER || retry == outcryv1.Retry_RETRY_RESYNC
}

// release sends the commands that nothing blocks any more.
func (s *Session) release(l *lane) {
	for _, k := range slices.Clone(l.calls) {
		if k.held && !k.answered {
			k.held = false
			s.enqueue(k)
		}
		if k.blocks && !k.answered {
			return
		}
	}
}

func refused(c *outcryv1.Command, e *outcryv1.Error) *outcryv1.Answer {
	return &outcryv1.Answer{ClientMsgId: c.GetClientMsgId(), Room: c.GetRoom(), Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, Error: e}
}

// overspent refuses what is beyond the user's budget. Nothing was done: the
// order of what was taken before stands.
func (s *Session) overspent(now time.Time) *outcryv1.Error {
	wait := s.commander.config.Budgets.Take(s.user, now, 1)
	if wait == 0 {
		return nil
	}
	return fault.NewErrorAfter(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, wait, "this user asks rooms for too much at a time; nothing was done")
}

func overloaded(format string, args ...any) *outcryv1.Error {
	return fault.NewError(outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, fmt.Sprintf(format, args...))
}

func outOfOrder() *outcryv1.Error {
	return fault.NewError(outcryv1.ErrorCode_ERROR_CODE_RESEND_IN_ORDER, "an earlier command to this room failed: send it again first, with the same client_msg_id")
}

func unknown(text string) *outcryv1.Error {
	return fault.NewError(outcryv1.ErrorCode_ERROR_CODE_OUTCOME_UNKNOWN, text+"; send the command again with the same client_msg_id")
}
