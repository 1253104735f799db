package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"outcry/actors/room"
	"outcry/events"
	"outcry/internal/digest"
	outcryv1 "outcry/proto/outcry/v1"
)

// toyRules stands in for the rules of rooms: every input is accepted with the
// next seq and chained into the hash. Its facts are a room's, so that rows,
// counts and sinks go their real way. An input's event time, when not 0, is a
// deadline; Advance past it is a change of its own.
type toyRules struct {
	roomRules
	// trip is called before each input is folded and may panic.
	trip func(entity, text string, seq uint64)
	// padding makes snapshots large.
	padding int
}

type toyState struct {
	rules    *toyRules
	id       string
	seq      uint64
	chain    digest.Hash
	wakeAt   int64
	woken    uint64
	answered map[string]uint64 // client message id → seq, the last 8
	order    []string
}

func (r *toyRules) fresh(id string) state {
	return &toyState{rules: r, id: id, answered: map[string]uint64{}}
}

func (r *toyRules) restore(id string, data []byte) (state, error) {
	s := r.fresh(id).(*toyState)
	d := &reader{data: data}
	s.seq, s.wakeAt, s.woken = d.uvarint(), d.varint(), d.uvarint()
	copy(s.chain[:], d.next(len(s.chain)))
	for range d.uvarint() {
		s.answer(string(d.bytes()), d.uvarint())
	}
	d.bytes()
	if d.err == nil && len(d.data) > 0 {
		d.err = errors.New("rest")
	}
	return s, d.err
}

func (s *toyState) Snapshot(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, s.seq)
	dst = binary.AppendVarint(dst, s.wakeAt)
	dst = binary.AppendUvarint(dst, s.woken)
	dst = append(dst, s.chain[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(s.order)))
	for _, id := range s.order {
		dst = appendBytes(dst, id)
		dst = binary.AppendUvarint(dst, s.answered[id])
	}
	return appendBytes(dst, make([]byte, s.rules.padding))
}

func (s *toyState) Hash() digest.Hash { return s.chain }
func (s *toyState) deadline() int64   { return s.wakeAt }

func (s *toyState) link(what string) {
	s.chain = digest.Sum(append(append(s.chain[:], s.id...), what...))
}

func (s *toyState) answer(id string, seq uint64) {
	if len(s.order) == 8 {
		delete(s.answered, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
	s.order = append(s.order, id)
	s.answered[id] = seq
}

func (s *toyState) fold(b *events.Batch, i int) {
	for _, in := range b.Rooms[i].GetInputs() {
		text := string(in.GetPost().GetText().GetData())
		s.seq++ // before the trip: a panic leaves a state that must not be used
		if s.rules.trip != nil {
			s.rules.trip(s.id, text, s.seq)
		}
		s.link(text)
		s.answer(string(in.GetClientMsgId()), s.seq)
		if at := in.GetEventTimeNs(); at != 0 {
			s.wakeAt = at
		}
		m := &outcryv1.Message{Room: s.id, Seq: s.seq, User: in.GetUser(), Text: in.GetPost().GetText()}
		f := &s.rules.facts
		f.Outcomes = append(f.Outcomes, room.Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED, Seq: s.seq})
		f.Items, f.Rows = append(f.Items, m), append(f.Rows, m)
	}
}

func (s *toyState) advance(now int64) {
	if s.wakeAt != 0 && s.wakeAt <= now {
		s.wakeAt = 0
		s.woken++
		s.link(fmt.Sprint("woken at ", now))
		m := &outcryv1.Message{Room: s.id, Seq: s.seq, User: "clock"}
		s.rules.facts.Items = append(s.rules.facts.Items, m)
		s.rules.facts.Rows = append(s.rules.facts.Rows, m)
	}
}

func (s *toyState) Outcome(_ string, id []byte) (room.Outcome, bool) {
	seq, ok := s.answered[string(id)]
	return room.Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED, Seq: seq}, ok
}

func (r *toyRules) attach(s state, w *watch) {
	t := s.(*toyState)
	w.sink.(RoomSink).AttachRoom(&outcryv1.Room{Room: t.id, HeadSeq: t.seq}, nil, t.seq+1)
}

func (r *toyRules) begin([]*watch) { r.facts = room.Facts{} }
