package host

import (
	"outcry/actors/room"
	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
)

// rules is what differs between the kinds. A shard has one; it owns the facts
// of the newest turn, which the next turn reuses.
type rules interface {
	// groups of the batch that are of this kind; group tells the entity of one
	// and how many inputs it has.
	groups(b *events.Batch) int
	group(b *events.Batch, i int) (entity string, inputs int)

	fresh(entity string) state
	restore(entity string, snapshot []byte) (state, error)

	// begin empties the facts before a turn of an entity with these watches.
	begin(watches []*watch)
	// count adds what the newest fold, of group i, decided.
	count(entity string, b *events.Batch, i int, c *Counts)
	// rows adds the rows of the newest facts, latest those that wait for a flush.
	rows(entity string, s state, r *projections.Rows)
	latest(entity string, s state, r *projections.Rows)
	// tell tells the sinks of one entity the newest facts, attach one sink the state.
	tell(s state, watches []*watch)
	attach(s state, w *watch)
}

// state is one entity's state. fold and advance leave what they decided in
// the facts of the rules that made it.
type state interface {
	fold(b *events.Batch, i int)
	advance(now int64)
	// deadline is when advance will next do something, ns; 0 never.
	deadline() int64
	Snapshot(dst []byte) []byte
	Hash() digest.Hash
}

// outcomes is what rooms have beyond: answers by client message id.
type outcomes interface {
	Outcome(user string, clientMsgID []byte) (room.Outcome, bool)
}

func (c Config) rulesOf(kind events.Kind) rules {
	if kind == events.Instrument {
		return &instrumentRules{withoutSecondBars: c.WithoutSecondBars}
	}
	return &roomRules{}
}
