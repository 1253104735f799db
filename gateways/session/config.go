package session

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"outcry/gateways/identity"
	"outcry/gateways/limit"
	"outcry/gateways/relay"
	"outcry/gateways/resume"
	outcryv1 "outcry/proto/outcry/v1"
)

// Commands takes the commands of one client to rooms.
type Commands interface {
	// Submit never waits. done is called once, from any goroutine, maybe before it returns.
	Submit(c *outcryv1.Command, done func(*outcryv1.Answer))
	// SubmitStaff is Submit for somebody who was granted to moderate the room.
	SubmitStaff(c *outcryv1.Command, done func(*outcryv1.Answer))
}

// History reads what the relay's recent history does not reach: the store,
// overlaid with the actor, so that an answer is complete up to what was folded
// when it was asked for. Calls come from many goroutines and may wait.
type History interface {
	// Messages is a page of a room's changes, as the unary call of that name.
	Messages(context.Context, *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error)
	// Trades is a page of an instrument's trades, as the unary call of that name.
	Trades(context.Context, *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error)
	// ClosedBars gives the newest versions of closed bars whose bar_seq is after
	// a seq, ascending by bar_seq, at most limit; more says that others follow.
	// Those after the seq and up to lost, if it is not 0, are no longer kept; all in bars come behind it.
	ClosedBars(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, more bool, lost uint64, err error)
}

// Config of all sessions of a node. Relay, History and Commands are required.
type Config struct {
	Relay   *relay.Relay
	History History
	// Commands makes the way to rooms for one client that named itself.
	Commands func(user string) Commands
	// Gate lets people in; nil is identity.Open: everybody may everything.
	Gate identity.Gate
	// CodeOf maps an error of History; nil means unavailable.
	CodeOf func(error) outcryv1.ErrorCode
	// Users bounds the sessions of one user; nil does not.
	Users *limit.Counts[string]
	// Arrivals lets clients in that said hello; nil lets them in at once.
	Arrivals *limit.Gate
	// Server and Lineage are told in hello.
	Server, Lineage string
	// Resume seals and opens resume tokens; nil: there are none.
	Resume *resume.Keys
	// ResumeFor is how long a token holds; default 1 h. It is renewed at half of that.
	ResumeFor time.Duration
	Limits    Limits
	// Heartbeat is its interval; default 1 s.
	Heartbeat time.Duration
	// HelloWithin is how long a connection may stay without hello; default 10 s.
	HelloWithin time.Duration
	// AttachWithin is how long an entity may take to be attached before its
	// topic is refused as unavailable; default 5 s.
	AttachWithin time.Duration
	// ReconnectWithin is told in hello: how far clients spread after a loss; default 1 s.
	ReconnectWithin time.Duration
	// Refused is told of each refusal that goes to a client, in its turn; nil is skipped.
	Refused func(outcryv1.ErrorCode)
	// Pushed is told of each change of a room that is filled, in the session's turn; nil is skipped.
	Pushed func(session string, m *outcryv1.Message)
	Logger *slog.Logger
}

// Limits of one session; zero fields mean the default.
type Limits struct {
	Subscriptions int // default 1,000
	// Commands that wait for their decision; default 64.
	Commands int
	// Histories that wait to be read; default 8.
	Histories int
	// FrameBytes that a client may send in one frame; default 64 KiB. Transports enforce it.
	FrameBytes int
	// Reads under way on the node; default 64. More wait.
	Reads int
	// FramesPerSecond and BytesPerSecond that a client may send, and
	// limit.BurstSeconds' worth of them at once; 0 is no bound.
	FramesPerSecond, BytesPerSecond int
	// CommandsPerSecond is told in hello; Commands keeps it.
	CommandsPerSecond int
	// Idle ends a session without subscriptions from which nothing comes for so long; 0 never does.
	Idle time.Duration
}

// Sizes that are not worth a setting.
const (
	// fillBytes is how much Fill frames: with one reply or item that goes beyond,
	// at most 256 KB stand framed and unwritten.
	fillBytes = 60 << 10
	// pageBytes bounds a page of history, and so the largest reply.
	pageBytes = 64 << 10
	// pageItems is what one read asks for, and what History may be asked for.
	pageItems = 100
	// repliesMax is when a session takes no more frames until replies are written.
	repliesMax = 32
	// streamBytes is what one stream may fill before the next topic's turn.
	streamBytes = 16 << 10
	// readWithin bounds one read.
	readWithin = 10 * time.Second
	// retryRead is the wait after a read that failed or had a hole.
	retryRead = time.Second
	// holeTries is how often a hole is asked for before it is told as lost: the
	// store may be a second behind, and a row that is written is never missing for longer.
	holeTries = 4
	// messageCharacters is a room's default, told in hello.
	messageCharacters = 2000
	// arriveWithin is how long a client may wait to be let in.
	arriveWithin = 30 * time.Second
	// protocolVersion that is spoken here.
	protocolVersion = 1
	userBytes       = 128 // of a name
)

// Sessions is what all sessions of a node share.
type Sessions struct {
	config Config
	reads  chan struct{} // slots
	group  sync.WaitGroup
}

// New prepares sessions.
func New(c Config) *Sessions {
	setDefault(&c.Limits.Subscriptions, 1000)
	setDefault(&c.Limits.Commands, 64)
	setDefault(&c.Limits.Histories, 8)
	setDefault(&c.Limits.FrameBytes, 64<<10)
	setDefault(&c.Limits.Reads, 64)
	setDefault(&c.Heartbeat, time.Second)
	setDefault(&c.HelloWithin, 10*time.Second)
	setDefault(&c.AttachWithin, 5*time.Second)
	setDefault(&c.ReconnectWithin, time.Second)
	setDefault(&c.ResumeFor, time.Hour)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Gate == nil {
		c.Gate = identity.Open{}
	}
	return &Sessions{config: c, reads: make(chan struct{}, c.Limits.Reads)}
}

func setDefault[T ~int | ~int64](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// FrameBytes is the most that a client may send in one frame.
func (s *Sessions) FrameBytes() int { return s.config.Limits.FrameBytes }

// Wait returns when the reads of closed sessions have ended.
func (s *Sessions) Wait() { s.group.Wait() }
