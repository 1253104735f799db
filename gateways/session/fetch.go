package session

import (
	"context"

	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// fetch reads the page of a stream after a cursor. All up to floor was folded
// before, so a page that is not cut is complete up to there at least.
func (s *Sessions) fetch(ctx context.Context, key topicKey, cursor, floor uint64) (p page, err error) {
	release, err := s.slot(ctx)
	if err != nil {
		return page{}, err
	}
	defer release()
	var more bool
	switch key.channel {
	case outcryv1.Channel_CHANNEL_ROOM:
		return s.fetchMessages(ctx, key.id, cursor, floor)
	case outcryv1.Channel_CHANNEL_TRADES:
		more, err = s.fetchTrades(ctx, key.id, cursor, &p)
	default:
		more, err = s.fetchBars(ctx, key, cursor, &p)
	}
	if n := len(p.items); n > 0 {
		p.complete = p.items[n-1].Seq
	}
	if !more {
		p.complete = max(p.complete, floor)
	}
	return p, err
}

func (s *Sessions) fetchTrades(ctx context.Context, id string, cursor uint64, p *page) (more bool, err error) {
	answer, err := s.config.History.Trades(ctx, &outcryv1.TradesRequest{Instrument: id, AfterSeq: cursor, Limit: pageItems})
	for _, t := range answer.GetTrades() {
		p.items = append(p.items, relay.NewItem(t.GetSeq(), t.GetTrade()))
	}
	return answer.GetMore(), err
}

func (s *Sessions) fetchBars(ctx context.Context, key topicKey, cursor uint64, p *page) (more bool, err error) {
	bars, more, lost, err := s.config.History.ClosedBars(ctx, key.id, key.resolution, cursor, pageItems)
	p.hole, p.gone, p.complete = lost, lost > 0, lost
	for _, b := range bars {
		p.items = append(p.items, relay.NewItem(b.GetBarSeq(), b))
	}
	return more, err
}

// fetchMessages knows that a room's seqs are dense: where one is missing, the page ends or has a hole.
func (s *Sessions) fetchMessages(ctx context.Context, room string, cursor, floor uint64) (p page, err error) {
	request := &outcryv1.MessagesRequest{Room: room, AfterSeq: cursor, Limit: pageItems}
	if cursor == 0 { // after 0 would be the newest page
		request.BeforeSeq = pageItems + 1
	}
	answer, err := s.config.History.Messages(ctx, request)
	if err != nil {
		return page{}, err
	}
	next := cursor + 1
	for _, m := range answer.GetMessages() {
		switch {
		case m.GetSeq() < next:
			continue
		case m.GetSeq() > next && len(p.items) > 0:
			p.complete = next - 1
			return p, nil
		case m.GetSeq() > next:
			p.hole = m.GetSeq() - 1
		}
		p.items = append(p.items, relay.NewItem(m.GetSeq(), m))
		next = m.GetSeq() + 1
	}
	if len(p.items) == 0 {
		p.hole = floor
	}
	p.complete = max(next-1, p.hole)
	return p, nil
}
