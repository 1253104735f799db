package command

import (
	"context"
	"log/slog"
	"time"

	"outcry/actors/room"
	"outcry/events"
	"outcry/gateways/limit"
	outcryv1 "outcry/proto/outcry/v1"
)

// Source is what the stream of commands is opened as.
const Source = "gateway"

// Stream takes inputs in order; *events.Stream is one. Its one user is Commander.Run.
type Stream interface {
	Room(ctx context.Context, room string, in *outcryv1.RoomInput) error
	Send(done func([]events.Position, error))
}

// Rooms tells what became of a command once its record is folded. done is
// called once, perhaps in the room's turn. *host.Host is one.
type Rooms interface {
	AwaitRoom(p events.Position, id, user string, clientMsgID []byte, done func(room.Outcome, error))
}

// Messages reads a message's row in its present state, and up to which seq of
// the room the rows that were read are complete: asOf is to be read first. m
// is nil where there is no such row (yet).
type Messages interface {
	Message(ctx context.Context, room string, seq uint64) (m *outcryv1.Message, asOf uint64, err error)
}

// Limits of a Commander. A zero field means the default.
type Limits struct {
	// UnderWay is how many commands of all sessions may wait for their answers;
	// default 2,048, at most 4,096: as many as a room remembers.
	UnderWay int
	// PerSession is that of one session; default 64.
	PerSession int
	// Rooms is in how many rooms a session may have commands under way or to
	// be sent again; default 256.
	Rooms int
	// Wait is after what time a command is answered as unknown; default 5 s.
	Wait time.Duration
	// Readers is how many messages are read at once; default 4.
	Readers int
}

// Config of a Commander. Stream, Rooms and Messages are required.
type Config struct {
	// Stream is opened for this Commander alone, of Source.
	Stream   Stream
	Rooms    Rooms
	Messages Messages
	Limits   Limits
	// Budgets is what each user may ask for in a time, over all sessions; nil is no bound.
	Budgets *limit.Budgets[string]
	// Now is the clock of event times, and of what times ids may have; default the wall clock.
	Now      func() time.Time
	Observer Observer
	// Logger; default slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	l := &c.Limits
	for _, d := range []struct {
		field     *int
		otherwise int
	}{{&l.UnderWay, 2048}, {&l.PerSession, 64}, {&l.Rooms, 256}, {&l.Readers, 4}} {
		if *d.field <= 0 {
			*d.field = d.otherwise
		}
	}
	l.UnderWay = min(l.UnderWay, 4096)
	if l.Wait <= 0 {
		l.Wait = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
