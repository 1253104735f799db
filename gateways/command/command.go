package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	fate       = 5 * time.Second
	staleTries = 3
	maxText    = 64 << 10
	maxUser    = 128
)

// Rooms tells what became of a durable command; done is called once, perhaps in an actor's turn.
type Rooms interface {
	AwaitRoom(p events.Position, id, user string, clientMsgID []byte, done func(room.Outcome, error))
}

// Bases reads a message that is older than a room's recent window; nil where there is none.
type Bases interface {
	MessageBase(ctx context.Context, room string, seq uint64) (m *outcryv1.Message, asOf uint64, err error)
}

// Config of a Commander. Publisher, Rooms and Bases are needed.
type Config struct {
	Publisher *events.Publisher
	Rooms     Rooms
	Bases     Bases
	// Underway bounds the commands that wait for their answer; default 4,096.
	Underway int
}

// Commander takes commands from many goroutines.
type Commander struct {
	config   Config
	underway chan struct{}
	mu       sync.Mutex // orders the inputs in the stream
	stream   *events.Stream
}

// New makes a Commander.
func New(c Config) *Commander {
	if c.Underway == 0 {
		c.Underway = 4096
	}
	return &Commander{config: c, underway: make(chan struct{}, c.Underway),
		stream: c.Publisher.Open("gateway", "", outcryv1.Mode_MODE_LIVE)}
}

// Submit decides on a command of user and waits for it. The answer says what
// became of it, refusals included; it is never nil.
func (c *Commander) Submit(ctx context.Context, user string, cmd *outcryv1.Command) *outcryv1.Answer {
	select {
	case c.underway <- struct{}{}:
		defer func() { <-c.underway }()
	default:
		return refused(cmd, outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, "too many commands are under way")
	}
	in, fault := input(user, cmd)
	if fault != "" {
		return refused(cmd, outcryv1.ErrorCode_ERROR_CODE_INVALID, fault)
	}
	ctx, cancel := context.WithTimeout(ctx, fate)
	defer cancel()
	for try := 1; ; try++ {
		o, err := c.decide(ctx, cmd.Room, in)
		switch {
		case err != nil && errors.Is(err, events.ErrTooLarge):
			return refused(cmd, outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE, err.Error())
		case err != nil:
			return refused(cmd, outcryv1.ErrorCode_ERROR_CODE_OUTCOME_UNKNOWN, err.Error())
		case o.Code != outcryv1.ErrorCode_ERROR_CODE_STALE_BASE || try == staleTries:
			return answer(cmd, o)
		}
		if in.Base, err = c.base(ctx, cmd); err != nil {
			return refused(cmd, outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, err.Error())
		}
		if in.Base == nil {
			return refused(cmd, outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE, "there is no such message")
		}
	}
}

// base reads the message that the command is about, for the fold to decide on.
func (c *Commander) base(ctx context.Context, cmd *outcryv1.Command) (*outcryv1.Base, error) {
	m, asOf, err := c.config.Bases.MessageBase(ctx, cmd.Room, target(cmd))
	if err != nil || m == nil {
		return nil, err
	}
	return &outcryv1.Base{Message: m, AsOfSeq: asOf}, nil
}

func target(cmd *outcryv1.Command) uint64 {
	return max(cmd.GetPost().GetReplyTo(), cmd.GetEdit().GetTargetSeq(), cmd.GetDelete().GetTargetSeq(), cmd.GetReact().GetTargetSeq())
}

// decide appends the input and waits until its room decided.
func (c *Commander) decide(ctx context.Context, id string, in *outcryv1.RoomInput) (room.Outcome, error) {
	type result struct {
		outcome room.Outcome
		err     error
	}
	results := make(chan result, 1)
	c.mu.Lock()
	err := c.stream.Room(ctx, id, in)
	if err == nil {
		c.stream.Send(func(ps []events.Position, err error) {
			if err == nil && len(ps) == 0 {
				err = errors.New("the log gave no position")
			}
			if err != nil {
				results <- result{err: fmt.Errorf("appending to the log: %w", err)}
				return
			}
			c.config.Rooms.AwaitRoom(ps[len(ps)-1], id, in.User, in.ClientMsgId, func(o room.Outcome, err error) { results <- result{o, err} })
		})
	}
	c.mu.Unlock()
	if err != nil {
		return room.Outcome{}, fmt.Errorf("appending to the log: %w", err)
	}
	select {
	case r := <-results:
		return r.outcome, r.err
	case <-ctx.Done():
		return room.Outcome{}, fmt.Errorf("waiting for the decision: %w", ctx.Err())
	}
}

// input checks a command and makes the room's input of it. fault is for people; empty when all is right.
func input(user string, cmd *outcryv1.Command) (in *outcryv1.RoomInput, fault string) {
	if user == "" || len(user) > maxUser || events.ValidID(user) != nil {
		return nil, "user: 1 to 128 letters, digits or ._:-"
	}
	if err := events.ValidID(cmd.Room); err != nil {
		return nil, err.Error()
	}
	if len(cmd.ClientMsgId) != 16 {
		return nil, "client_msg_id: 16 bytes of a UUIDv7"
	}
	in = &outcryv1.RoomInput{User: user, ClientMsgId: cmd.ClientMsgId, EventTimeNs: time.Now().UnixNano()}
	switch c := cmd.Command.(type) {
	case *outcryv1.Command_Post:
		post := proto.Clone(c.Post).(*outcryv1.Post)
		fault = count(post.Text)
		in.Input = &outcryv1.RoomInput_Post{Post: post}
	case *outcryv1.Command_Edit:
		edit := proto.Clone(c.Edit).(*outcryv1.Edit)
		fault = count(edit.Text)
		in.Input = &outcryv1.RoomInput_Edit{Edit: edit}
	case *outcryv1.Command_Delete:
		in.Input = &outcryv1.RoomInput_Delete{Delete: c.Delete}
	case *outcryv1.Command_React:
		in.Input = &outcryv1.RoomInput_React{React: c.React}
	case *outcryv1.Command_Join:
		in.Input = &outcryv1.RoomInput_Join{Join: c.Join}
	case *outcryv1.Command_Leave:
		in.Input = &outcryv1.RoomInput_Leave{Leave: c.Leave}
	case *outcryv1.Command_Settings:
		in.Input = &outcryv1.RoomInput_Settings{Settings: c.Settings}
	default:
		return nil, "command: none of post, edit, delete, react, join, leave, settings"
	}
	return in, fault
}

// count checks a text and counts its characters, because folds never read texts.
func count(t *outcryv1.Text) (fault string) {
	switch {
	case len(t.GetData()) == 0:
		return "text is empty"
	case len(t.Data) > maxText:
		return "text is longer than 64 KiB"
	case !utf8.Valid(t.Data):
		return "text is not valid UTF-8"
	}
	t.Characters = uint32(utf8.RuneCount(t.Data))
	return ""
}
