package host

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// RowWriter takes the rows; projections.Writer is one. What one goroutine hands over is stored in that order.
type RowWriter interface {
	// Offer never waits: where there is no room, taken is false and the rows stay the caller's.
	Offer(rows *projections.Rows) (taken bool, err error)
	// Add waits for room. Checkpoints and catch-ups use it, and shards that are not ready yet.
	Add(ctx context.Context, rows *projections.Rows, stored func()) error
	// AwaitRoom waits until there is room enough to offer rows again, and to add what comes late.
	AwaitRoom(ctx context.Context) error
}

// Checkpoints reads what RowWriter stored; projections.Store is one.
type Checkpoints interface {
	Checkpoints(ctx context.Context, kind events.Kind, partition int32) ([]projections.Checkpoint, error)
	Part(ctx context.Context, key projections.PartKey) ([]byte, error)
	Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error
}

// Clocks appends clock records; events.Publisher is one.
type Clocks interface {
	Clock(kind events.Kind, partition int32, done func(events.Position, error))
}

// Config of a Host. Log, Rows, Checkpoints and Clocks are required.
type Config struct {
	Log         events.Log
	Rows        RowWriter
	Checkpoints Checkpoints
	Clocks      Clocks
	// Writer names this process in checkpoint parts. Start adds a random
	// suffix, so that a restarted process never writes a part twice.
	Writer string
	// CheckpointEvery of ingest time, default 30 s, or CheckpointBytes of a
	// partition's records, default 64 MiB, whichever comes first.
	CheckpointEvery time.Duration
	CheckpointBytes int64
	// FlushEvery is how often rows are handed over, default 1 s; latest rows and forming
	// bars, of which there are many, in every second one.
	FlushEvery time.Duration
	// WithoutSecondBars makes no rows of bars of 1s: they are had from the actors alone, while those keep them.
	WithoutSecondBars bool
	// IdleAfter (of the log's time) an entity is packed into its snapshot bytes; default 10 min.
	IdleAfter time.Duration
	// Flushed, when set, is called after each record's sinks were told, in the shard's turn.
	Flushed  func()
	Observer Observer
	// Logger; default slog.Default().
	Logger *slog.Logger

	// rules and decode are what tests put in place of the real ones.
	rules  func(events.Kind) rules
	decode func() func([]byte) (*events.Batch, error)
}

// Observer is told what happens; nil funcs are skipped. Called in shards' turns: be quick.
type Observer struct {
	Folded     func(kind events.Kind, partition int32, offset int64, events int, lag time.Duration)
	Checkpoint func(kind events.Kind, partition int32, offset int64, parts, bytes int)
	Parked     func(kind events.Kind, partition int32, entity string, at events.Position, reason string)
	Activated  func(kind events.Kind)
	Passivated func(kind events.Kind)
	CatchingUp func(kind events.Kind, partition int32, at, head int64)
	// Owing: the store had no room for rows decided after an offset. RowsCaughtUp: it has
	// them now, up to until. LeftOut: a checkpoint was due and was left out.
	Owing        func(kind events.Kind, partition int32, after int64)
	RowsCaughtUp func(kind events.Kind, partition int32, after, until int64)
	LeftOut      func(kind events.Kind, partition int32, offset int64)
}

// InstrumentSink is told about one instrument, in its shard's turn: it must
// not block and must copy what it keeps.
type InstrumentSink interface {
	// AttachInstrument comes first: the state now, bars where they are wanted. v.Defined false: unknown so far.
	AttachInstrument(v *instrument.View, bars [instrument.Resolutions][]instrument.Bar)
	// ChangeInstrument comes after each record that touched it, or whose time
	// closed a bar of it; twice when a record did both.
	ChangeInstrument(v *instrument.View, f *instrument.Facts)
}

// RoomSink is told about one room; messages in it are immutable and may be kept.
type RoomSink interface {
	// AdmitRoom says who may see the room, before AttachRoom and before each
	// ChangeRoom of a record that changed it; nil is everybody.
	AdmitRoom(a *room.Audience)
	// AttachRoom: items are the newest changes that the state has, ascending; before first the store has them.
	AttachRoom(r *outcryv1.Room, items []*outcryv1.Message, first uint64)
	// ChangeRoom comes after each record that changed it.
	ChangeRoom(f *room.Facts)
}

// Errors that callers branch on.
var (
	// ErrTooOld: the record's counts are not kept any more.
	ErrTooOld = errors.New("the record is older than what the shard remembers")
	// ErrNoOutcome: the record is folded, and nothing is known of the command.
	ErrNoOutcome = errors.New("no outcome is known for this client message id")
	// ErrBusy: as many questions wait at the shard as may; ask again later.
	ErrBusy = errors.New("the shard has too many questions waiting")
	// ErrStopped: the host is stopping.
	ErrStopped = errors.New("the host is stopped")
)

func (c Config) withDefaults() Config {
	setDefault(&c.CheckpointEvery, 30*time.Second)
	setDefault(&c.CheckpointBytes, 64<<20)
	setDefault(&c.FlushEvery, time.Second)
	setDefault(&c.IdleAfter, 10*time.Minute)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.rules == nil {
		c.rules = c.rulesOf
	}
	if c.decode == nil {
		c.decode = newDecode
	}
	c.Writer += "-" + rand.Text()[:8]
	return c
}

func setDefault[T ~int64](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

func newDecode() func([]byte) (*events.Batch, error) { return new(events.Decoder).Decode }
