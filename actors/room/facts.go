package room

import outcryv1 "outcry/proto/outcry/v1"

// Outcome is the decision on one input.
type Outcome struct {
	Kind outcryv1.OutcomeKind
	// Seq of the change. Of a duplicate it is the first one's; of a wish that
	// was fulfilled already (to join, to react) the change that fulfilled it,
	// or a later one of the same message.
	Seq  uint64
	Code outcryv1.ErrorCode // when refused
	Text string             // when refused; for people
}

// Facts is what folding one group decided. The caller owns and reuses it;
// Fold appends, Reset empties. The messages, members and room in it are new
// values that nobody changes after.
type Facts struct {
	Outcomes []Outcome // one per input, in order
	// Items are the changes, ascending by seq: the stream of the room.
	Items []*outcryv1.Message
	// Rows are the message rows that changed: every item, and targets in their
	// present state. Of one message the last is the newest.
	Rows    []*outcryv1.Message
	Members []*outcryv1.Member
	Room    *outcryv1.Room // nil when unchanged
	// Audience: who may see the room changed; State.Audience says to whom.
	Audience bool
	// Unresolved counts answers of imported messages to source sequences that
	// the state does not know (any more). The messages are accepted without them.
	Unresolved uint64

	bytes []byte // what is hashed; here so that one warm piece of memory serves all rooms
}

// Reset empties f and keeps its memory.
func (f *Facts) Reset() {
	clear(f.Outcomes)
	clear(f.Items)
	clear(f.Rows)
	clear(f.Members)
	f.Outcomes, f.Items, f.Rows, f.Members = f.Outcomes[:0], f.Items[:0], f.Rows[:0], f.Members[:0]
	f.Room, f.Audience, f.Unresolved = nil, false, 0
}

// decision is an Outcome as the state remembers it.
type decision struct {
	seq  uint64 // when not refused
	why  reason // when refused
	noop bool   // nothing had to be done; seq says since when
}

func accepted(seq uint64) decision { return decision{seq: seq} }
func already(seq uint64) decision  { return decision{seq: seq, noop: true} }
func refused(why reason) decision  { return decision{why: why} }

func (d decision) outcome() Outcome {
	switch {
	case d.why != 0:
		r := &refusals[d.why]
		return Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, Code: r.code, Text: r.text}
	case d.noop:
		return Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE, Seq: d.seq}
	}
	return Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED, Seq: d.seq}
}
