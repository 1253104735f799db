package host

import (
	"fmt"

	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Counts is what folding one record decided.
type Counts struct {
	Accepted, Duplicates, Late, Refused uint64
	Refusals                            []Refusal // the first 100
}

// Refusal of one input, named by its source sequence. Entity alone stands for
// all inputs of a parked entity.
type Refusal struct {
	Entity    string
	SourceSeq uint64
	Code      outcryv1.ErrorCode
	Text      string
}

const maxRefusals = 100

func (c *Counts) refuse(r Refusal) {
	if len(c.Refusals) < maxRefusals {
		c.Refusals = append(c.Refusals, r)
	}
}

// countsKept is how many records' counts a shard remembers.
const countsKept = 4096

// countRing remembers the newest records' counts. Those are not part of the
// state: a shard that was restored knows only what it folded since (first).
type countRing struct {
	first  int64
	counts [countsKept]Counts
}

func (r *countRing) put(offset int64, c Counts) { r.counts[offset%countsKept] = c }

// at gives the counts of a record that is folded; newest is the newest offset.
func (r *countRing) at(offset, newest int64) (Counts, error) {
	if offset < r.first || offset <= newest-countsKept {
		return Counts{}, ErrTooOld
	}
	return r.counts[offset%countsKept], nil
}

// awaits are questions about records that are not folded yet, by offset. A
// mailbox's bound on questions bounds them.
type awaits map[int64][]await

// await is told with nil in the turn in which its record is folded, or with the error
// after which that will not happen.
type await func(a *shardActor, err error)

func (w awaits) failAll(a *shardActor, err error) {
	for offset, all := range w {
		delete(w, offset)
		for _, fn := range all {
			fn(a, err)
		}
	}
}

// answer tells those who wait for the newest record.
func (a *shardActor) answer() {
	all, ok := a.waiting[a.shard.offset]
	if !ok {
		return
	}
	delete(a.waiting, a.shard.offset)
	for _, fn := range all {
		fn(a, nil)
	}
}

// await asks fn in the turn in which the record at p is folded, or now.
func (h *Host) await(p events.Position, fn await) error {
	box, err := h.box(p.Kind, p.Partition)
	if err != nil {
		return err
	}
	settled := func(a *shardActor, err error) {
		box.answered()
		fn(a, err)
	}
	return box.ask(func(a *shardActor) {
		switch {
		case a.failed != nil:
			settled(a, a.failed)
		case p.Offset <= a.shard.offset:
			settled(a, nil)
		case a.finishing:
			settled(a, ErrStopped)
		default:
			a.waiting[p.Offset] = append(a.waiting[p.Offset], settled)
		}
	})
}

// AwaitRoom answers once the record at p is folded: what became of the
// command of user. done is called once, perhaps in the shard's turn; it must
// not block. ErrNoOutcome: the record is folded and nothing is known of the id.
// ErrBusy, ErrStopped and a failed shard's error are answered before.
func (h *Host) AwaitRoom(p events.Position, id, user string, clientMsgID []byte, done func(room.Outcome, error)) {
	err := h.await(p, func(a *shardActor, err error) {
		if err != nil {
			done(room.Outcome{}, err)
			return
		}
		done(a.shard.outcome(id, user, clientMsgID))
	})
	if err != nil {
		done(room.Outcome{}, err)
	}
}

// outcome looks a command up. A parked room still answers what it decided
// before; all else on it is refused.
func (s *shard) outcome(id, user string, clientMsgID []byte) (room.Outcome, error) {
	e := s.entities[id]
	if e == nil {
		return room.Outcome{}, ErrNoOutcome
	}
	answers, ok := s.awake(e).(outcomes)
	if !ok {
		return room.Outcome{}, fmt.Errorf("%s %s gives no outcomes: %w", s.kind, id, ErrNoOutcome)
	}
	if o, ok := answers.Outcome(user, clientMsgID); ok {
		return o, nil
	}
	if e.parked != nil {
		return room.Outcome{
			Kind: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED,
			Code: outcryv1.ErrorCode_ERROR_CODE_ENTITY_PARKED, Text: e.parked.text(),
		}, nil
	}
	return room.Outcome{}, ErrNoOutcome
}

// AwaitFolded answers with the counts of the record at p once it is folded.
// They are kept for the newest 4,096 records of a shard; for older ones, and
// those folded before the host was started, ErrTooOld comes back. done is as
// in AwaitRoom.
func (h *Host) AwaitFolded(p events.Position, done func(Counts, error)) {
	err := h.await(p, func(a *shardActor, err error) {
		if err != nil {
			done(Counts{}, err)
			return
		}
		done(a.memory.at(p.Offset, a.shard.offset))
	})
	if err != nil {
		done(Counts{}, err)
	}
}
