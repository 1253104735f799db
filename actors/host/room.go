package host

import (
	"math"

	"outcry/actors/room"
	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

type roomRules struct {
	facts room.Facts
}

type roomState struct {
	*room.State
	rules *roomRules
}

func (s *roomState) fold(b *events.Batch, i int) { s.Fold(&b.Header, b.Rooms[i], &s.rules.facts) }

// advance and deadline: nothing in a room happens by time yet.
func (s *roomState) advance(int64)   {}
func (s *roomState) deadline() int64 { return 0 }

func (r *roomRules) groups(b *events.Batch) int { return len(b.Rooms) }

func (r *roomRules) group(b *events.Batch, i int) (string, int) {
	return b.Rooms[i].GetRoom(), len(b.Rooms[i].GetInputs())
}

func (r *roomRules) fresh(id string) state { return &roomState{State: room.New(id), rules: r} }

func (r *roomRules) restore(id string, snapshot []byte) (state, error) {
	s, err := room.Restore(id, snapshot)
	if err != nil {
		return nil, err
	}
	return &roomState{State: s, rules: r}, nil
}

func (r *roomRules) begin([]*watch) { r.facts.Reset() }

func (r *roomRules) count(id string, b *events.Batch, i int, c *Counts) {
	for n, o := range r.facts.Outcomes {
		switch o.Kind {
		case outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED:
			c.Accepted++
		case outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE:
			c.Duplicates++
		default:
			c.Refused++
			c.refuse(Refusal{Entity: id, SourceSeq: b.Rooms[i].GetInputs()[n].GetSourceSeq(), Code: o.Code, Text: o.Text})
		}
	}
}

func (r *roomRules) rows(_ string, _ state, rows *projections.Rows) {
	rows.Messages = append(rows.Messages, r.facts.Rows...)
	rows.Members = append(rows.Members, r.facts.Members...)
	if r.facts.Room != nil {
		rows.Rooms = append(rows.Rooms, r.facts.Room)
	}
}

// latest: a room's rows are all written as they are decided.
func (r *roomRules) latest(string, state, *projections.Rows) {}

func (r *roomRules) tell(s state, watches []*watch) {
	if len(r.facts.Items) == 0 && r.facts.Room == nil || len(watches) == 0 {
		return
	}
	var audience *room.Audience
	if r.facts.Audience {
		audience = s.(*roomState).Audience()
	}
	for _, w := range watches {
		if !w.stopped.Load() {
			if r.facts.Audience {
				w.sink.(RoomSink).AdmitRoom(audience)
			}
			w.sink.(RoomSink).ChangeRoom(&r.facts)
		}
	}
}

func (r *roomRules) attach(s state, w *watch) {
	rs := s.(*roomState)
	items, first := rs.Recent(0, math.MaxInt)
	w.sink.(RoomSink).AdmitRoom(rs.Audience())
	w.sink.(RoomSink).AttachRoom(rs.View(), items, first)
}
