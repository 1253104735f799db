package session

import (
	"time"

	"outcry/events"
	"outcry/gateways/fault"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// Receive takes one frame of the client. A frame of a kind that is not known is ignored.
func (s *Session) Receive(f *outcryv1.ClientFrame, now time.Time) {
	s.now = now
	s.recheck()
	if s.ended != nil {
		return
	}
	if s.overrun(f) {
		return
	}
	hello, isHello := f.GetFrame().(*outcryv1.ClientFrame_Hello)
	switch {
	case isHello:
		s.hello(hello.Hello)
		return
	case !s.helloBy.IsZero() && f.GetFrame() != nil:
		s.Refuse(outcryv1.ErrorCode_ERROR_CODE_INVALID, "the first frame must be hello")
		return
	}
	switch f := f.GetFrame().(type) {
	case *outcryv1.ClientFrame_Subscribe:
		s.subscribe(f.Subscribe)
	case *outcryv1.ClientFrame_Unsubscribe:
		s.unsubscribe(f.Unsubscribe)
	case *outcryv1.ClientFrame_Command:
		s.command(f.Command)
	case *outcryv1.ClientFrame_History:
		s.history(f.History)
	case *outcryv1.ClientFrame_Ack:
		s.ack(f.Ack)
	case *outcryv1.ClientFrame_Books:
		s.books(f.Books)
	case *outcryv1.ClientFrame_Ping:
		s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Pong{Pong: &outcryv1.Pong{
			ClientTimeNs: f.Ping.GetClientTimeNs(), ServerTimeNs: now.UnixNano()}}})
	case *outcryv1.ClientFrame_SignIn:
		s.signIn(f.SignIn)
	}
}

func (s *Session) hello(m *outcryv1.ClientHello) {
	switch {
	case s.helloBy.IsZero():
		s.Refuse(outcryv1.ErrorCode_ERROR_CODE_INVALID, "hello was said before")
		return
	case m.GetVersion() < protocolVersion:
		s.end(failure(outcryv1.ErrorCode_ERROR_CODE_UNSUPPORTED_VERSION, "version %d is not spoken here; %d is", m.GetVersion(), protocolVersion))
		return
	case !validUser(m.GetUser()):
		s.end(invalid("user: at most %d letters, digits or ._:-", userBytes))
		return
	}
	if refusal := s.admit(m.GetUser()); refusal != nil {
		s.end(refusal)
		return
	}
	if s.user != "" {
		s.commands = s.config.Commands(s.user)
	}
	s.back = s.resume(m.GetResume())
	s.arrive(s.back.state != nil)
}

func (s *Session) greeting() *outcryv1.ServerHello {
	l := &s.config.Limits
	return &outcryv1.ServerHello{
		Version: protocolVersion, Server: s.config.Server, Session: s.id, ServerTimeNs: s.now.UnixNano(),
		Limits: &outcryv1.Limits{Subscriptions: uint32(l.Subscriptions), FrameBytes: uint32(l.FrameBytes),
			MessageCharacters: messageCharacters, HistoryPage: pageItems,
			FramesPerSecond: uint32(l.FramesPerSecond), BytesPerSecond: uint32(l.BytesPerSecond), CommandsPerSecond: uint32(l.CommandsPerSecond),
			Commands: uint32(l.Commands), Histories: uint32(l.Histories), IdleMs: uint32(l.Idle.Milliseconds())},
		ReconnectWithinMs: uint32(s.config.ReconnectWithin.Milliseconds()), Lineage: s.config.Lineage, User: s.user,
		ExpiresNs: expiresNs(s.access.who), Resumed: s.back.state != nil, ResumeError: s.back.refusal,
	}
}

// validUser says whether somebody may be called so; nobody has to be called anything.
func validUser(user string) bool {
	return user == "" || len(user) <= userBytes && events.ValidID(user) == nil
}

// beat sends the heartbeat: the time, and how far each stream is complete
// where that moved since it was last said, and which wait for the store.
func (s *Session) beat() {
	s.beatAt = s.now.Add(s.config.Heartbeat)
	s.idle()
	beat := &outcryv1.Heartbeat{ServerTimeNs: s.now.UnixNano(), Resume: s.token()}
	for _, sub := range s.topics {
		if sub.stream != nil && sub.stream.waiting {
			beat.CatchingUp = append(beat.CatchingUp, sub.key.topic())
		}
		if sub.stream != nil && sub.request == nil && sub.completed() {
			beat.Complete = append(beat.Complete, &outcryv1.Complete{Topic: sub.key.topic(), Seq: sub.stream.cursor})
		}
	}
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Heartbeat{Heartbeat: beat}})
}

// command asks a room for a change. The answer comes when the room decided.
func (s *Session) command(c *outcryv1.Command) {
	staff, err := s.access.who.Commands(c)
	var refusal *outcryv1.Error
	switch {
	case err != nil:
		refusal = identity.Error(err)
	case s.user == "":
		refusal = fault.NewError(outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "hello named no user")
	case s.pending >= s.config.Limits.Commands:
		refusal = failure(outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, "%d commands wait for their decision", s.pending)
	}
	if refusal != nil {
		s.answer(&outcryv1.Answer{ClientMsgId: c.GetClientMsgId(), Room: c.GetRoom(),
			Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, Error: refusal})
		return
	}
	s.pending++
	submit := s.commands.Submit
	if staff {
		submit = s.commands.SubmitStaff
	}
	submit(c, func(a *outcryv1.Answer) {
		s.options.Post(func() {
			s.pending--
			s.answer(a)
		})
	})
}

func (s *Session) answer(a *outcryv1.Answer) {
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Answer{Answer: a}})
}
