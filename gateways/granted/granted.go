package granted

import (
	"context"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// Reads is what is answered; *reads.Reads is one.
type Reads interface {
	Instruments(context.Context, *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error)
	Latest(context.Context, *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error)
	Bars(context.Context, *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error)
	Trades(context.Context, *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error)
	ClosedBars(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, more bool, lost uint64, err error)
	Rooms(context.Context, *outcryv1.RoomsRequest) (*outcryv1.RoomsResponse, error)
	Members(context.Context, *outcryv1.MembersRequest) (*outcryv1.MembersResponse, error)
	Bans(context.Context, *outcryv1.BansRequest) (*outcryv1.BansResponse, error)
	Messages(context.Context, *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error)
	// Admits says whether a person may see a room, by the room's own rules, and from which seq on.
	Admits(ctx context.Context, room, user string) (from uint64, may bool, err error)
}

// Granted answers what may be seen.
type Granted struct{ reads Reads }

// New makes it of what knows everything.
func New(r Reads) *Granted { return &Granted{r} }

// Instruments leaves out those that may not be seen.
func (g *Granted) Instruments(ctx context.Context, q *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error) {
	who := identity.From(ctx)
	if err := who.DemandAny(identity.See); err != nil {
		return nil, err
	}
	answer := &outcryv1.InstrumentsResponse{}
	var err error
	answer.Instruments, answer.More, err = filtered(q.After, q.Limit, func(after string, limit uint32) ([]*outcryv1.Latest, bool, error) {
		a, err := g.reads.Instruments(ctx, &outcryv1.InstrumentsRequest{Query: q.Query, Limit: limit, After: after})
		return a.GetInstruments(), a.GetMore(), err
	}, (*outcryv1.Latest).GetInstrument, func(l *outcryv1.Latest) (bool, error) { return who.May(identity.See, l.GetInstrument()), nil })
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// Latest tells those that may not be seen as unknown; where no other was asked
// for, it refuses. Who brings an instrument's inputs is told how it is defined.
func (g *Granted) Latest(ctx context.Context, q *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error) {
	who := identity.From(ctx)
	var mine, others []string
	for _, id := range q.Instruments {
		if who.May(identity.See, id) || who.May(identity.Ingest, id) {
			mine = append(mine, id)
		} else {
			others = append(others, id)
		}
	}
	if len(mine) == 0 && len(others) > 0 {
		return nil, who.Demand(identity.See, others[0])
	}
	answer, err := g.reads.Latest(ctx, &outcryv1.LatestRequest{Instruments: mine})
	if err != nil {
		return nil, err
	}
	for i, l := range answer.Instruments {
		if !who.May(identity.See, l.GetInstrument()) {
			answer.Instruments[i] = &outcryv1.Latest{Instrument: l.GetInstrument(), Definition: l.GetDefinition()}
		}
	}
	answer.Unknown = append(answer.Unknown, others...)
	return answer, nil
}

// Bars of an instrument that may be seen.
func (g *Granted) Bars(ctx context.Context, q *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error) {
	if err := identity.From(ctx).Demand(identity.See, q.Instrument); err != nil {
		return nil, err
	}
	return g.reads.Bars(ctx, q)
}

// Trades of an instrument that may be seen.
func (g *Granted) Trades(ctx context.Context, q *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error) {
	if err := identity.From(ctx).Demand(identity.See, q.Instrument); err != nil {
		return nil, err
	}
	return g.reads.Trades(ctx, q)
}

// ClosedBars of an instrument that may be seen.
func (g *Granted) ClosedBars(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, more bool, lost uint64, err error) {
	if err := identity.From(ctx).Demand(identity.See, instrument); err != nil {
		return nil, false, 0, err
	}
	return g.reads.ClosedBars(ctx, instrument, r, after, limit)
}

// Rooms leaves out those that may not be seen.
func (g *Granted) Rooms(ctx context.Context, q *outcryv1.RoomsRequest) (*outcryv1.RoomsResponse, error) {
	who := identity.From(ctx)
	if err := who.DemandAny(identity.See); err != nil {
		return nil, err
	}
	answer := &outcryv1.RoomsResponse{}
	var err error
	answer.Rooms, answer.More, err = filtered(q.After, q.Limit, func(after string, limit uint32) ([]*outcryv1.Room, bool, error) {
		a, err := g.reads.Rooms(ctx, &outcryv1.RoomsRequest{User: q.User, Limit: limit, After: after})
		return a.GetRooms(), a.GetMore(), err
	}, (*outcryv1.Room).GetRoom, func(r *outcryv1.Room) (bool, error) { return g.listed(ctx, who, r) })
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// filtered reads pages until so many rows may be seen, or none follows. Pages
// are read whole, so more is exact or says yes once too often.
func filtered[R any](after string, limit uint32, read func(after string, limit uint32) ([]R, bool, error), id func(R) string, may func(R) (bool, error)) (rows []R, more bool, err error) {
	for {
		page, more, err := read(after, limit)
		if err != nil {
			return nil, false, err
		}
		for n, row := range page {
			ok, err := may(row)
			if err != nil {
				return nil, false, err
			}
			if ok {
				rows = append(rows, row)
			}
			if len(rows) == int(limit) {
				return rows, more || n < len(page)-1, nil
			}
		}
		if !more || len(page) == 0 {
			return rows, false, nil
		}
		after = id(page[len(page)-1])
	}
}
