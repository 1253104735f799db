package reads

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"outcry/actors/instrument"
	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// page is a piece of a list, by id: rows of the store, which may be a second or
// more behind, with what the actors know laid over them. The store is read
// first, so that what the actors say is never older.
type page[R any] struct {
	after string
	limit int
	upTo  string // "" is the end: behind it the store has rows that were not read
	rows  map[string]R
}

// newPage takes limit+1 rows of the store.
func newPage[R any](after string, limit uint32, rows []R, id func(R) string) *page[R] {
	p := &page[R]{after: after, limit: int(limit), rows: make(map[string]R, len(rows))}
	for _, r := range rows {
		p.rows[id(r)] = r
	}
	if len(rows) > p.limit {
		p.upTo = id(rows[len(rows)-1])
	}
	return p
}

// holds says whether an id belongs to the piece.
func (p *page[R]) holds(id string) bool { return id > p.after && (p.upTo == "" || id <= p.upTo) }

// list gives the page; more says that others follow.
func (p *page[R]) list() (rows []R, more bool) {
	ids := slices.Sorted(maps.Keys(p.rows))
	more = p.upTo != "" || len(ids) > p.limit
	for _, id := range ids[:min(len(ids), p.limit)] {
		rows = append(rows, p.rows[id])
	}
	return rows, more
}

// empty says that the actors took everything away, and that more follows behind upTo.
func (p *page[R]) empty() bool { return len(p.rows) == 0 && p.upTo != "" }

// Instruments lists what the store has and what the actors have learnt since, as they know it now.
func (r *Reads) Instruments(ctx context.Context, q *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error) {
	stored, err := r.store.Instruments(ctx, q.Query, q.After, int(q.Limit)+1)
	if err != nil {
		return nil, fmt.Errorf("reading instruments: %w", err)
	}
	p := newPage(q.After, q.Limit, stored, (*outcryv1.Latest).GetInstrument)
	wanted := lower(q.Query)
	err = r.live.AwakeInstruments(ctx, func(id string, s *instrument.State) {
		if !p.holds(id) || !strings.Contains(lower(id), wanted) {
			return
		}
		var v instrument.View
		if s.View(&v); v.Seq > 0 {
			p.rows[id] = v.Latest()
		}
	})
	if err != nil {
		return nil, fmt.Errorf("asking instruments: %w", err)
	}
	answer := &outcryv1.InstrumentsResponse{}
	answer.Instruments, answer.More = p.list()
	return answer, nil
}

// lower is the store's idea of any case: ASCII.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}

// Rooms lists what the store has and what the actors have decided since.
func (r *Reads) Rooms(ctx context.Context, q *outcryv1.RoomsRequest) (*outcryv1.RoomsResponse, error) {
	for after := q.After; ; {
		stored, err := r.store.Rooms(ctx, q.User, after, int(q.Limit)+1)
		if err != nil {
			return nil, fmt.Errorf("reading rooms: %w", err)
		}
		p := newPage(after, q.Limit, stored, (*outcryv1.Room).GetRoom)
		err = r.live.AwakeRooms(ctx, func(id string, s *room.State) {
			if p.holds(id) && s.Exists() {
				put(p.rows, id, s, q.User)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("asking rooms: %w", err)
		}
		if p.empty() {
			after = p.upTo
			continue
		}
		answer := &outcryv1.RoomsResponse{}
		answer.Rooms, answer.More = p.list()
		return answer, nil
	}
}

// put lays a room over its row; where a user asks for the rooms that he is in, one that he has left goes.
func put(rows map[string]*outcryv1.Room, id string, s *room.State, user string) {
	if _, in := s.Member(user); user != "" && !in {
		delete(rows, id)
		return
	}
	rows[id] = s.View()
}

// Members of a room, by name, those who left included.
func (r *Reads) Members(ctx context.Context, q *outcryv1.MembersRequest) (*outcryv1.MembersResponse, error) {
	stored, err := r.store.Members(ctx, q.Room, q.After, int(q.Limit)+1)
	if err != nil {
		return nil, fmt.Errorf("reading members of %s: %w", q.Room, err)
	}
	p := newPage(q.After, q.Limit, stored, (*outcryv1.Member).GetUser)
	err = r.live.Room(ctx, q.Room, func(s *room.State) {
		if s != nil && s.Exists() {
			overlayMembers(p, s)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("asking room %s: %w", q.Room, err)
	}
	answer := &outcryv1.MembersResponse{}
	answer.Members, answer.More = p.list()
	return answer, nil
}

// overlayMembers takes who is present from the actor. Whom the store has as
// present and the actor has not has left, by a change that the actor still has
// among the recent ones, unless the store is far behind.
func overlayMembers(p *page[*outcryv1.Member], s *room.State) {
	present := map[string]bool{}
	s.Members(func(m *outcryv1.Member) {
		if p.holds(m.User) {
			p.rows[m.User] = m
			present[m.User] = true
		}
	})
	for user, row := range p.rows {
		if !present[user] {
			row.Present = false
		}
	}
	recent, _ := s.Recent(0, 1<<30)
	for _, change := range recent {
		left := change.Kind == outcryv1.MessageKind_MESSAGE_KIND_LEAVE && !present[change.User] && p.holds(change.User)
		if row := p.rows[change.User]; left && row.GetSeq() < change.Seq {
			p.rows[change.User] = &outcryv1.Member{Room: change.Room, User: change.User, Role: row.GetRole(), Seq: change.Seq, ClockUs: change.ClockUs}
		}
	}
}
