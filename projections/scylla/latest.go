package scylla

import (
	"context"
	"fmt"

	"github.com/gocql/gocql"

	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

// What a latest row holds. Columns that are not known stay unset, and a column
// that the newest version has no value for may keep one of an older version:
// only the bits tell.
const (
	holdsDefinition = 1 << iota
	holdsQuote
	holdsTrade
	holdsStats
	holdsStatus
	holdsBidPrice
	holdsBidSize
	holdsAskPrice
	holdsAskSize
)

func holds(l *outcryv1.Latest) (bits int) {
	q := l.Quote
	if q == nil {
		q = &outcryv1.Quote{}
	}
	for i, has := range [...]bool{l.Definition != nil, l.Quote != nil, l.Trade != nil, l.Stats != nil, l.Status != nil,
		q.BidPrice != nil, q.BidSize != nil, q.AskPrice != nil, q.AskSize != nil} {
		if has {
			bits |= 1 << i
		}
	}
	return bits
}

// Latest of the ids that are known, in their order.
func (s *Store) Latest(ctx context.Context, ids []string) ([]*outcryv1.Latest, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	return fetch(ctx, ids, s.latest)
}

func (s *Store) latest(ctx context.Context, id string) (*outcryv1.Latest, error) {
	if id == "" {
		return nil, nil
	}
	l, _, err := one(ctx, s, s.reads.latest, scanLatest, latestBucket(id), id)
	return l, err
}

// Instruments in (after, ...], by id, whose id contains query, any case.
func (s *Store) Instruments(ctx context.Context, query, after string, limit int) ([]*outcryv1.Latest, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	return listed(ctx, limit, after, func(after string, limit int) ([]string, error) {
		return s.names(ctx, instrumentNames, query, after, limit)
	}, s.latest)
}

func latestArgs(l *outcryv1.Latest) []any {
	args := append(make([]any, 0, 48), latestBucket(l.Instrument), l.Instrument, int64(l.Seq), l.ClockUs, holds(l))
	if d := l.Definition; d != nil {
		args = append(args, d.PriceExponent, d.SizeExponent, d.TickSize, d.SizeStep, d.Currency, d.Calendar, d.Description)
	} else {
		args = unset(args, 7)
	}
	if q := l.Quote; q != nil {
		args = append(args, q.EventTimeNs, q.ReceiveTimeNs, int64(q.SourceSeq),
			optional(q.BidPrice), optional(q.BidSize), optional(q.AskPrice), optional(q.AskSize), q.Venue, q.Conditions)
	} else {
		args = unset(args, 9)
	}
	if t := l.Trade; t != nil {
		args = append(args, t.EventTimeNs, t.ReceiveTimeNs, int64(t.SourceSeq), t.Price, t.Size, words.Sides.Word(int32(t.Side)),
			t.TradeId, t.Venue, t.Conditions)
	} else {
		args = unset(args, 9)
	}
	if t := l.Stats; t != nil {
		args = append(args, t.Session, t.Open, t.High, t.Low, t.Last, t.Volume, words.Digits(t.Turnover), t.BuyVolume,
			int64(t.Trades), int64(t.Quotes), t.PreviousClose)
	} else {
		args = unset(args, 11)
	}
	if t := l.Status; t != nil {
		args = append(args, words.Statuses.Word(int32(t.State)), t.Reason)
	} else {
		args = unset(args, 2)
	}
	return append(args, int64(l.Cancels), int64(l.Duplicates), int64(l.Late), int64(l.Gaps), l.ClockUs)
}

func unset(args []any, n int) []any {
	for range n {
		args = append(args, gocql.UnsetValue)
	}
	return args
}

func optional(n *int64) any {
	if n == nil {
		return gocql.UnsetValue
	}
	return *n
}

func scanLatest(r row) (*outcryv1.Latest, bool, error) {
	l := &outcryv1.Latest{}
	d, q, t, s, status := &outcryv1.Definition{}, &outcryv1.Quote{}, &outcryv1.Trade{}, &outcryv1.SessionStats{}, &outcryv1.TradingStatus{}
	var bits int
	var bid, bidSize, ask, askSize int64
	var side, turnover, state string
	if !r(&l.Instrument, &l.Seq, &l.ClockUs, &bits,
		&d.PriceExponent, &d.SizeExponent, &d.TickSize, &d.SizeStep, &d.Currency, &d.Calendar, &d.Description,
		&q.EventTimeNs, &q.ReceiveTimeNs, &q.SourceSeq, &bid, &bidSize, &ask, &askSize, &q.Venue, &q.Conditions,
		&t.EventTimeNs, &t.ReceiveTimeNs, &t.SourceSeq, &t.Price, &t.Size, &side, &t.TradeId, &t.Venue, &t.Conditions,
		&s.Session, &s.Open, &s.High, &s.Low, &s.Last, &s.Volume, &turnover, &s.BuyVolume, &s.Trades, &s.Quotes, &s.PreviousClose,
		&state, &status.Reason, &l.Cancels, &l.Duplicates, &l.Late, &l.Gaps) {
		return nil, false, nil
	}
	l.Definition, l.Quote, l.Trade = held(bits, holdsDefinition, d), held(bits, holdsQuote, q), held(bits, holdsTrade, t)
	l.Stats, l.Status = held(bits, holdsStats, s), held(bits, holdsStatus, status)
	q.BidPrice, q.BidSize = held(bits, holdsBidPrice, &bid), held(bits, holdsBidSize, &bidSize)
	q.AskPrice, q.AskSize = held(bits, holdsAskPrice, &ask), held(bits, holdsAskSize, &askSize)
	return l, true, fillLatest(l, side, turnover, state)
}

func held[V any](bits, bit int, value *V) *V {
	if bits&bit == 0 {
		return nil
	}
	return value
}

// fillLatest reads the words of the parts that are there.
func fillLatest(l *outcryv1.Latest, side, turnover, state string) error {
	if l.Trade != nil {
		value, err := words.Sides.Value(side)
		if err != nil {
			return damaged(l.Instrument, err)
		}
		l.Trade.Side = outcryv1.Side(value)
	}
	if l.Stats != nil {
		n, err := words.ParseDigits(turnover)
		if err != nil {
			return damaged(l.Instrument, err)
		}
		l.Stats.Turnover = n
	}
	if l.Status != nil {
		value, err := words.Statuses.Value(state)
		if err != nil {
			return damaged(l.Instrument, err)
		}
		l.Status.State = outcryv1.TradingState(value)
	}
	return nil
}

func damaged(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading a row of %s: %w: %w", what, ErrDamaged, err)
}
