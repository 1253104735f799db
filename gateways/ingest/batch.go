package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"outcry/events"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// batch puts the inputs of one request into a stream.
type batch struct {
	who    *identity.Identity // whose inputs they are
	stream *events.Stream
	answer *verdicts
	tick   events.Tick
}

// add appends one input. What is wrong with the input is counted and named; an error is the log's.
func (b *batch) add(ctx context.Context, ev *outcryv1.IngestEvent) error {
	err := b.append(ctx, ev)
	if errors.Is(err, events.ErrTooLarge) {
		b.refuse(ev, err.Error())
		return nil
	}
	return err
}

func (b *batch) append(ctx context.Context, ev *outcryv1.IngestEvent) error {
	if err := events.ValidID(ev.Id); err != nil {
		b.refuse(ev, err.Error())
		return nil
	}
	if err := b.who.Demand(identity.Ingest, ev.Id); err != nil {
		b.answer.Refused++
		b.answer.name(ev.Line, ev.Id, identity.Error(err))
		return nil
	}
	switch e := ev.Event.(type) {
	case *outcryv1.IngestEvent_Quote:
		if fault := faultOfWords(e.Quote.GetVenue(), e.Quote.GetConditions()); fault != "" {
			b.refuse(ev, fault)
			return nil
		}
		b.quote(e.Quote)
		return b.stream.Tick(ctx, ev.Id, &b.tick, "")
	case *outcryv1.IngestEvent_Trade:
		if fault := faultOfTrade(e.Trade); fault != "" {
			b.refuse(ev, fault)
			return nil
		}
		return b.stream.Tick(ctx, ev.Id, &b.tick, b.trade(e.Trade))
	case *outcryv1.IngestEvent_Tape:
		return b.stream.Event(ctx, ev.Id, e.Tape)
	case *outcryv1.IngestEvent_Room:
		if fault := faultOf(e.Room); fault != "" {
			b.refuse(ev, fault)
			return nil
		}
		return b.stream.Room(ctx, ev.Id, e.Room)
	}
	b.refuse(ev, "neither a quote, a trade, an event of the tape nor an input of a room")
	return nil
}

func (b *batch) refuse(ev *outcryv1.IngestEvent, text string) {
	b.answer.Refused++
	b.answer.name(ev.Line, ev.Id, &outcryv1.Error{
		Code: outcryv1.ErrorCode_ERROR_CODE_INVALID, Text: text, Retry: outcryv1.Retry_RETRY_NEVER})
}

func (b *batch) quote(q *outcryv1.Quote) {
	b.tick = events.Tick{Kind: events.QuoteTick, SourceSeq: q.SourceSeq, EventTime: q.EventTimeNs, ReceiveTime: q.ReceiveTimeNs,
		Venue: b.stream.Word(q.Venue), Conditions: b.stream.Word(q.Conditions)}
	for _, f := range []struct {
		from   *int64
		to     *int64
		absent uint8
	}{
		{q.BidPrice, &b.tick.Price, events.NoBidPrice}, {q.BidSize, &b.tick.Size, events.NoBidSize},
		{q.AskPrice, &b.tick.AskPrice, events.NoAskPrice}, {q.AskSize, &b.tick.AskSize, events.NoAskSize},
	} {
		if f.from == nil {
			b.tick.Absent |= f.absent
		} else {
			*f.to = *f.from
		}
	}
}

// trade fills the tick; ref is the trade's id where it is not a canonical number.
func (b *batch) trade(t *outcryv1.Trade) (ref string) {
	b.tick = events.Tick{Kind: events.TradeTick, SourceSeq: t.SourceSeq, EventTime: t.EventTimeNs, ReceiveTime: t.ReceiveTimeNs,
		Price: t.Price, Size: t.Size, Side: uint8(t.Side),
		Venue: b.stream.Word(t.Venue), Conditions: b.stream.Word(t.Conditions)}
	if n, err := strconv.ParseInt(t.TradeId, 10, 64); err == nil && n > 0 && strconv.FormatInt(n, 10) == t.TradeId {
		b.tick.TradeID = n
		return ""
	}
	return t.TradeId
}

// faultOfWords refuses what a stream could not take as a word: there it would cost the whole request.
func faultOfWords(venue, conditions string) string {
	switch {
	case len(venue) > maxName || !utf8.ValidString(venue):
		return "venue must have at most 128 bytes of UTF-8"
	case len(conditions) > maxName || !utf8.ValidString(conditions):
		return "conditions must have at most 128 bytes of UTF-8"
	}
	return ""
}

func faultOfTrade(t *outcryv1.Trade) string {
	switch {
	case len(t.GetTradeId()) > maxName || !utf8.ValidString(t.GetTradeId()):
		return "trade_id must have at most 128 bytes of UTF-8"
	case outcryv1.Side_name[int32(t.GetSide())] == "":
		return fmt.Sprintf("side %d is unknown", t.GetSide()) // a tick has only 8 bits for it
	}
	return faultOfWords(t.GetVenue(), t.GetConditions())
}

// faultOf says what is wrong with an imported message; only imports come this way.
func faultOf(in *outcryv1.RoomInput) string {
	i := in.GetImported()
	switch {
	case i == nil:
		return "only imported messages can be ingested; people's commands go through Submit"
	case in.User == "" || len(in.User) > maxName || !utf8.ValidString(in.User):
		return "user must have 1 to 128 bytes of UTF-8"
	case len(i.GetText().GetData()) > maxText:
		return "text is longer than 64 KiB"
	case !utf8.Valid(i.GetText().GetData()):
		return "text is not valid UTF-8"
	}
	return ""
}
