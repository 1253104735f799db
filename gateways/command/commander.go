package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"outcry/actors/room"
	"outcry/events"
	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Commander brings the commands of all sessions to their rooms.
type Commander struct {
	config   Config
	underWay atomic.Int64
	queue    chan *call // to be appended
	stale    chan *call // whose message is to be read
}

// New makes a Commander. Nothing is appended until Run.
func New(c Config) *Commander {
	c = c.withDefaults()
	return &Commander{config: c, queue: make(chan *call, c.Limits.UnderWay), stale: make(chan *call, c.Limits.UnderWay)}
}

// Session is for one connection of a user.
func (c *Commander) Session(user string) *Session {
	return &Session{commander: c, user: user, lanes: map[string]*lane{}}
}

// Submit is for a command that belongs to no connection: its order to others
// is not kept. See Session.Submit.
func (c *Commander) Submit(user string, command *outcryv1.Command, done func(*outcryv1.Answer)) {
	c.Session(user).Submit(command, done)
}

// SubmitWait is Session.Submit, or of staff SubmitStaff, for callers who wait. An error comes back only when ctx
// ends first; nothing is known about the command then.
func (c *Commander) SubmitWait(ctx context.Context, user string, staff bool, command *outcryv1.Command) (*outcryv1.Answer, error) {
	answers := make(chan *outcryv1.Answer, 1) // so that the room never waits for us
	c.Session(user).submit(command, staff, func(a *outcryv1.Answer) { answers <- a })
	select {
	case a := <-answers:
		return a, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the answer of room %s: %w", command.GetRoom(), ctx.Err())
	}
}

// Run appends commands and reads messages until ctx ends, and returns nil when
// all that it started has ended. What is submitted after waits for nothing and is
// answered OVERLOADED in the end.
func (c *Commander) Run(ctx context.Context) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	for range c.config.Limits.Readers {
		readers.Go(func() { c.read(ctx) })
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case k := <-c.queue:
			c.append(ctx, k)
		}
	}
}

// append sends a command to the log; it waits while the log's memory is full.
func (c *Commander) append(ctx context.Context, k *call) {
	s, late := k.session, false
	s.turn(func() { k.sent, late = !k.answered, k.answered })
	if late {
		return
	}
	switch err := c.config.Stream.Room(ctx, k.command.Room, k.input); {
	case errors.Is(err, events.ErrTooLarge):
		s.turn(func() {
			s.refuse(k, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE, "the command is larger than a record of the log"))
		})
	case err != nil:
		s.turn(func() {
			s.fail(k, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, "the log takes nothing: "+err.Error()))
		})
	default:
		c.config.Stream.Send(func(at []events.Position, err error) { c.appended(k, at, err) })
	}
}

// appended asks for the room's decision once the command is durable.
func (c *Commander) appended(k *call, at []events.Position, err error) {
	s := k.session
	if err == nil && len(at) != 1 {
		err = fmt.Errorf("the command stands in %d records", len(at))
	}
	if err != nil {
		s.turn(func() { s.fail(k, unknown("appending to the log: "+err.Error())) })
		return
	}
	c.config.Observer.durable(k.id)
	c.config.Rooms.AwaitRoom(at[0], k.command.Room, s.user, k.command.ClientMsgId, func(o room.Outcome, err error) {
		s.turn(func() { s.decided(k, o, err) })
	})
}

// fail ends a command whose append failed; what comes later waits until it was sent again.
func (s *Session) fail(k *call, e *outcryv1.Error) {
	if k.answered {
		return // its fate was unknown to the client before
	}
	l := s.lanes[k.command.Room]
	l.fail(k.id)
	for _, other := range slices.Clone(l.calls) {
		if other.held {
			s.refuse(other, outOfOrder())
		}
	}
	s.refuse(k, e)
}

// decided ends a command on which the room decided.
func (s *Session) decided(k *call, o room.Outcome, err error) {
	switch {
	case k.answered:
	case err != nil:
		s.refuse(k, unknown("asking the room: "+err.Error()))
	case o.Code == outcryv1.ErrorCode_ERROR_CODE_STALE_BASE && k.reads < len(pauses):
		k.sent = false
		s.commander.readLater(k)
	case o.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED:
		s.refuse(k, fault.NewError(o.Code, o.Text))
	default:
		s.answer(k, &outcryv1.Answer{ClientMsgId: k.command.ClientMsgId, Room: k.command.Room, Outcome: o.Kind, Seq: o.Seq})
	}
}
