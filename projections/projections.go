package projections

import (
	"context"
	"errors"

	"outcry/events"
	"outcry/internal/digest"
	outcryv1 "outcry/proto/outcry/v1"
)

// Rows are written together, in one transaction where the store has them, else in an order that keeps what follows.
// The writer owns the values from the moment they are handed over.
//
// Readers conclude from one row that others are there, so within Rows and from
// one Rows to the next a Latest never comes before the closed bars and blocks
// that were decided up to its seq, and a Room never before its messages. Only
// while a shard owes rows to the store this is not so.
type Rows struct {
	Latest   []*outcryv1.Latest
	Bars     []*outcryv1.Bar // resolutions 1s and 1m
	Dirty    []DirtyBar      // marks on bars that the state no longer keeps, made after Bars; no effect where there is no row
	Blocks   []*outcryv1.TickBlock
	Messages []*outcryv1.Message
	Members  []*outcryv1.Member // also feed user_rooms
	Rooms    []*outcryv1.Room
	Parts    []Part
	// Checkpoints become visible with or after everything handed over before.
	Checkpoints []Checkpoint
}

// Len counts the rows.
func (r *Rows) Len() int {
	return len(r.Latest) + len(r.Bars) + len(r.Dirty) + len(r.Blocks) + len(r.Messages) +
		len(r.Members) + len(r.Rooms) + len(r.Parts) + len(r.Checkpoints)
}

// Each tells how many rows of each sort there are, where there are any.
func (r *Rows) Each(tell func(sort string, rows int)) {
	forming := 0
	for _, b := range r.Bars {
		if b.State == outcryv1.BarState_BAR_STATE_FORMING {
			forming++
		}
	}
	for _, c := range [...]struct {
		sort string
		rows int
	}{
		{"latest", len(r.Latest)}, {"closed_bars", len(r.Bars) - forming}, {"forming_bars", forming}, {"marks", len(r.Dirty)}, {"tick_blocks", len(r.Blocks)},
		{"messages", len(r.Messages)}, {"members", len(r.Members)}, {"rooms", len(r.Rooms)}, {"parts", len(r.Parts)}, {"checkpoints", len(r.Checkpoints)},
	} {
		if c.rows > 0 {
			tell(c.sort, c.rows)
		}
	}
}

// DirtyBar names a bar that is no longer exact.
type DirtyBar struct {
	Instrument string
	Resolution outcryv1.Resolution
	Time       int64
	// ClockUs of the entity when that came out. Versions that came later answer
	// the doubt: the mark has no effect on them, however late it is written again.
	ClockUs int64
}

// PartKey names an immutable part of a shard's state.
type PartKey struct {
	Kind      events.Kind
	Partition int32
	Offset    int64 // of the checkpoint that made it
	Writer    string
	Index     int32
}

// Part is immutable. Data is opaque to the store (the host packs and compresses).
type Part struct {
	Key  PartKey
	Data []byte
}

// Checkpoint is a shard's state at a position. Its parts are of the same shard.
type Checkpoint struct {
	Kind      events.Kind
	Partition int32
	// Offset of the newest record that the state contains.
	Offset   int64
	Checksum uint64 // of that record
	Hash     digest.Hash
	Lineage  string
	Writer   string
	TimeNs   int64 // ingest time of that record
	Parts    []PartKey
}

// BarsQuery selects bars of 1s or 1m of one instrument.
type BarsQuery struct {
	Instrument string
	Resolution outcryv1.Resolution
	From, To   int64 // open times in [From, To), seconds; To 0: no end
	Limit      int
	// Newest: the Limit newest before To, still ascending in the answer.
	Newest bool
}

// ErrNoPart: the store has no part of that key.
var ErrNoPart = errors.New("no such part")

// ErrSecondBarsLeftOut: bars of 1s would be stored behind others that were not.
var ErrSecondBarsLeftOut = errors.New("the store was kept without bars of 1s")

// Store keeps the answers. Every method may be called from many goroutines.
//
// Rows never overwrite newer ones: latest, rooms and bars by clock_us,
// messages by change_seq, members by seq; what is equally old is the same row.
// Blocks, parts and checkpoints are immutable: the first one of a key stays.
//
// A limit bounds an answer; below 1 the answer is empty. What is not there is
// no error but an empty answer, except for Part. A context that has ended ends
// a call with its error.
type Store interface {
	// KeepSecondBars notes whether bars of 1s will be written, before any are. Once they
	// were not, their history has a hole that nobody could see: true gives ErrSecondBarsLeftOut from then on.
	KeepSecondBars(ctx context.Context, kept bool) error
	// Write stores all rows, or, where it can't take them, none. A store that has
	// no transactions may have some of them after a failure, never a checkpoint
	// without the rest: write the same rows again. Once it has returned, a checkpoint
	// in them outlives a power cut, with everything written before; other rows may be
	// lost with the newest seconds, because a fold from the checkpoint writes them again.
	Write(ctx context.Context, rows *Rows) error

	// Latest of the ids that are known, in their order.
	Latest(ctx context.Context, ids []string) ([]*outcryv1.Latest, error)
	// Instruments in (after, ...], by id, whose id contains query, any case (ASCII).
	Instruments(ctx context.Context, query, after string, limit int) ([]*outcryv1.Latest, error)
	Bars(ctx context.Context, q BarsQuery) ([]*outcryv1.Bar, error)
	// BarsAfter reads closed bars with bar_seq > after, ascending by bar_seq.
	BarsAfter(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) ([]*outcryv1.Bar, error)
	// Blocks whose last_seq > after, ascending.
	Blocks(ctx context.Context, instrument string, after uint64, limit int) ([]*outcryv1.TickBlock, error)
	// Messages with after < seq < before (before 0: no end), ascending; the newest limit of them when newest.
	Messages(ctx context.Context, room string, after, before uint64, limit int, newest bool) ([]*outcryv1.Message, error)
	Message(ctx context.Context, room string, seq uint64) (*outcryv1.Message, error) // nil when there is none
	// Members by user after after, those who left included.
	Members(ctx context.Context, room, after string, limit int) ([]*outcryv1.Member, error)
	// Rooms by id after after; only rooms in which user is present when user is not empty.
	Rooms(ctx context.Context, user, after string, limit int) ([]*outcryv1.Room, error)
	Room(ctx context.Context, room string) (*outcryv1.Room, error) // nil when there is none

	// Checkpoints of a shard, newest first.
	Checkpoints(ctx context.Context, kind events.Kind, partition int32) ([]Checkpoint, error)
	// Part gives the bytes as they were written, or ErrNoPart.
	Part(ctx context.Context, key PartKey) ([]byte, error)
	// Prune drops checkpoints of a shard but the newest keep (at least 1), and
	// parts that no kept one names. Parts newer than the newest checkpoint stay: its successor will name them.
	Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error
	Close() error
}
