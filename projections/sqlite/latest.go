package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	outcryv1 "outcry/proto/outcry/v1"
)

const latestColumns = `instrument, seq, clock_us,
	price_exponent, size_exponent, tick_size, size_step, currency, calendar, description,
	quote_event_ns, quote_receive_ns, quote_source_seq, bid_price, bid_size, ask_price, ask_size, quote_venue, quote_conditions,
	trade_event_ns, trade_receive_ns, trade_source_seq, trade_price, trade_size, trade_side, trade_id, trade_venue, trade_conditions,
	session, session_open, session_high, session_low, session_last, session_volume, session_turnover, session_buy_volume,
	session_trades, session_quotes, previous_close,
	status, status_reason, cancels, duplicates, late, gaps`

// Latest of the ids that are known, in their order.
func (s *Store) Latest(ctx context.Context, ids []string) ([]*outcryv1.Latest, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("listing %d ids: %w", len(ids), err)
	}
	return collect(ctx, s, scanLatest, "SELECT "+latestColumns+
		" FROM json_each(?) AS wanted JOIN latest ON instrument = wanted.value ORDER BY wanted.key", string(list))
}

// Instruments in (after, ...], by id, whose id contains query, any case.
func (s *Store) Instruments(ctx context.Context, query, after string, limit int) ([]*outcryv1.Latest, error) {
	return collect(ctx, s, scanLatest, "SELECT "+latestColumns+
		" FROM latest WHERE instrument > ? AND instr(lower(instrument), lower(?)) > 0 ORDER BY instrument LIMIT ?", after, query, atMost(limit))
}

func latestArgs(l *outcryv1.Latest, args []any) ([]any, error) {
	args = append(args, l.Instrument, int64(l.Seq), l.ClockUs)
	if d := l.Definition; d != nil {
		args = append(args, d.PriceExponent, d.SizeExponent, d.TickSize, d.SizeStep, d.Currency, d.Calendar, d.Description)
	} else {
		args = nulls(args, 7)
	}
	if q := l.Quote; q != nil {
		args = append(args, q.EventTimeNs, q.ReceiveTimeNs, int64(q.SourceSeq),
			optional(q.BidPrice), optional(q.BidSize), optional(q.AskPrice), optional(q.AskSize), q.Venue, q.Conditions)
	} else {
		args = nulls(args, 9)
	}
	if t := l.Trade; t != nil {
		args = append(args, t.EventTimeNs, t.ReceiveTimeNs, int64(t.SourceSeq), t.Price, t.Size, sides.word(int32(t.Side)),
			t.TradeId, t.Venue, t.Conditions)
	} else {
		args = nulls(args, 9)
	}
	if t := l.Stats; t != nil {
		args = append(args, t.Session, t.Open, t.High, t.Low, t.Last, t.Volume, digits(t.Turnover), t.BuyVolume,
			int64(t.Trades), int64(t.Quotes), t.PreviousClose)
	} else {
		args = nulls(args, 11)
	}
	if t := l.Status; t != nil {
		args = append(args, statuses.word(int32(t.State)), t.Reason)
	} else {
		args = nulls(args, 2)
	}
	return append(args, int64(l.Cancels), int64(l.Duplicates), int64(l.Late), int64(l.Gaps)), nil
}

func nulls(args []any, n int) []any {
	for range n {
		args = append(args, nil)
	}
	return args
}

func optional(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func pointer(n number) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.V
}

// latestRow is a row as its columns stand.
type latestRow struct {
	definition struct {
		priceExponent, sizeExponent, tickSize, sizeStep number
		currency, calendar, description                 text
	}
	quote struct {
		event, receive, sourceSeq, bid, bidSize, ask, askSize number
		venue, conditions                                     text
	}
	trade struct {
		event, receive, sourceSeq, price, size number
		side, id, venue, conditions            text
	}
	stats struct {
		session, open, high, low, last, volume, buyVolume, trades, quotes, previousClose number
		turnover                                                                         *string
	}
	status, reason text
}

func scanLatest(rows *sql.Rows) (*outcryv1.Latest, error) {
	l, r := &outcryv1.Latest{}, latestRow{}
	d, q, t, s := &r.definition, &r.quote, &r.trade, &r.stats
	err := rows.Scan(&l.Instrument, &l.Seq, &l.ClockUs,
		&d.priceExponent, &d.sizeExponent, &d.tickSize, &d.sizeStep, &d.currency, &d.calendar, &d.description,
		&q.event, &q.receive, &q.sourceSeq, &q.bid, &q.bidSize, &q.ask, &q.askSize, &q.venue, &q.conditions,
		&t.event, &t.receive, &t.sourceSeq, &t.price, &t.size, &t.side, &t.id, &t.venue, &t.conditions,
		&s.session, &s.open, &s.high, &s.low, &s.last, &s.volume, &s.turnover, &s.buyVolume, &s.trades, &s.quotes, &s.previousClose,
		&r.status, &r.reason, &l.Cancels, &l.Duplicates, &l.Late, &l.Gaps)
	if err != nil {
		return nil, err
	}
	return l, r.fill(l)
}

func (r *latestRow) fill(l *outcryv1.Latest) (err error) {
	if d := &r.definition; d.priceExponent.Valid {
		l.Definition = &outcryv1.Definition{PriceExponent: int32(d.priceExponent.V), SizeExponent: int32(d.sizeExponent.V),
			TickSize: d.tickSize.V, SizeStep: d.sizeStep.V, Currency: d.currency.V, Calendar: d.calendar.V, Description: d.description.V}
	}
	if q := &r.quote; q.event.Valid {
		l.Quote = &outcryv1.Quote{EventTimeNs: q.event.V, ReceiveTimeNs: q.receive.V, SourceSeq: uint64(q.sourceSeq.V),
			BidPrice: pointer(q.bid), BidSize: pointer(q.bidSize), AskPrice: pointer(q.ask), AskSize: pointer(q.askSize),
			Venue: q.venue.V, Conditions: q.conditions.V}
	}
	if t := &r.trade; t.event.Valid {
		side, err := sides.value(t.side.V)
		if err != nil {
			return err
		}
		l.Trade = &outcryv1.Trade{EventTimeNs: t.event.V, ReceiveTimeNs: t.receive.V, SourceSeq: uint64(t.sourceSeq.V), Price: t.price.V,
			Size: t.size.V, Side: outcryv1.Side(side), TradeId: t.id.V, Venue: t.venue.V, Conditions: t.conditions.V}
	}
	if s := &r.stats; s.session.Valid {
		turnover, err := parseDigits(s.turnover)
		if err != nil {
			return err
		}
		l.Stats = &outcryv1.SessionStats{Session: s.session.V, Open: s.open.V, High: s.high.V, Low: s.low.V, Last: s.last.V,
			Volume: s.volume.V, Turnover: turnover, BuyVolume: s.buyVolume.V,
			Trades: uint64(s.trades.V), Quotes: uint64(s.quotes.V), PreviousClose: s.previousClose.V}
	}
	if r.status.Valid {
		state, err := statuses.value(r.status.V)
		if err != nil {
			return err
		}
		l.Status = &outcryv1.TradingStatus{State: outcryv1.TradingState(state), Reason: r.reason.V}
	}
	return nil
}
