package granted

import (
	"context"
	"errors"
	"slices"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// Members of a room that may be seen.
func (g *Granted) Members(ctx context.Context, q *outcryv1.MembersRequest) (*outcryv1.MembersResponse, error) {
	return roomRead(ctx, g, q.Room, func() (*outcryv1.MembersResponse, error) { return g.reads.Members(ctx, q) })
}

// Bans of a room that may be seen: each was a change of it that all could read.
func (g *Granted) Bans(ctx context.Context, q *outcryv1.BansRequest) (*outcryv1.BansResponse, error) {
	return roomRead(ctx, g, q.Room, func() (*outcryv1.BansResponse, error) { return g.reads.Bans(ctx, q) })
}

// Messages of a room that may be seen, from where on they may be.
func (g *Granted) Messages(ctx context.Context, q *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error) {
	from, err := g.from(ctx, q.Room)
	if err != nil {
		return nil, err
	}
	if q.AfterSeq > 0 && q.AfterSeq+1 < from { // else it would be a page of what is left out
		q = &outcryv1.MessagesRequest{Room: q.Room, AfterSeq: from - 1, Limit: q.Limit}
	}
	answer, err := g.reads.Messages(ctx, q)
	if err != nil {
		return nil, err
	}
	if from, err = g.from(ctx, q.Room); err != nil { // once more after it was read, as roomRead
		return nil, err
	}
	first := slices.IndexFunc(answer.Messages, func(m *outcryv1.Message) bool { return m.GetSeq() >= from })
	if first < 0 {
		first = len(answer.Messages)
	}
	answer.Messages = answer.Messages[first:]
	return answer, nil
}

// from is the first seq of a room that who asks may read; a refusal where there is none.
func (g *Granted) from(ctx context.Context, id string) (uint64, error) {
	from, err := g.admits(ctx, identity.From(ctx), id)
	if err == nil {
		err = identity.Entry(id, from, true)
	}
	return from, err
}

// admits asks the room itself; with the grant to moderate every room may be seen.
func (g *Granted) admits(ctx context.Context, who *identity.Identity, id string) (from uint64, err error) {
	if err := who.Demand(identity.See, id); err != nil {
		return 0, err
	}
	if who.May(identity.Moderate, id) {
		return 0, nil
	}
	from, may, err := g.reads.Admits(ctx, id, who.User)
	if err == nil && !may {
		err = identity.Entry(id, from, may)
	}
	return from, err
}

// listed says whether a room is shown in a list.
func (g *Granted) listed(ctx context.Context, who *identity.Identity, r *outcryv1.Room) (bool, error) {
	if !who.May(identity.See, r.GetRoom()) || !r.GetSettings().GetPrivate() {
		return who.May(identity.See, r.GetRoom()), nil
	}
	_, err := g.admits(ctx, who, r.GetRoom())
	var refusal *identity.Refusal
	if errors.As(err, &refusal) {
		return false, nil
	}
	return err == nil, err
}

// roomRead looks whether the room admits who asks once it was read: before, somebody could be
// sent out meanwhile, and read on.
func roomRead[A any](ctx context.Context, g *Granted, id string, read func() (A, error)) (A, error) {
	var none A
	who := identity.From(ctx)
	if err := who.Demand(identity.See, id); err != nil {
		return none, err
	}
	answer, err := read()
	if err != nil {
		return none, err
	}
	if _, err := g.admits(ctx, who, id); err != nil {
		return none, err
	}
	return answer, nil
}
