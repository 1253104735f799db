package main

import (
	"fmt"
	"strings"
	"time"

	"outcry/internal/decimal"
	outcryv1 "outcry/proto/outcry/v1"
)

// line is one update, as text for people and as fields for programs.
type line struct {
	text          string
	names, values []string
}

func (l line) table() *table { return &table{columns: l.names, rows: [][]string{l.values}} }

// fields takes name, value, name, value.
func (l line) fields(pairs ...string) line {
	for i := 0; i < len(pairs); i += 2 {
		l.names, l.values = append(l.names, pairs[i]), append(l.values, pairs[i+1])
	}
	return l
}

func (t *tail) itemLine(topic *streamTopic, it *outcryv1.Item) line {
	switch item := it.GetItem().(type) {
	case *outcryv1.Item_Trade:
		return t.tradeLine(topic.Id, it.Seq, item.Trade)
	case *outcryv1.Item_Bar:
		return t.barLine(topic.Id, item.Bar)
	case *outcryv1.Item_Message:
		return messageLine(topic.Id, item.Message)
	}
	return line{text: fmt.Sprintf("%s #%d", topic.Id, it.Seq)}.fields("id", topic.Id, "seq", u64(it.Seq))
}

// shown is a mantissa as people read it: no zeros after what counts, but for keep places.
func shown(mantissa int64, exponent int32, keep int) string {
	return decimal.Trim(decimal.Format(mantissa, exponent), keep)
}

func (t *tail) quoteLine(topic *streamTopic, u *outcryv1.Update) line {
	d := t.definitions[topic.Id]
	pe, se := d.GetPriceExponent(), d.GetSizeExponent()
	q, trade := u.GetQuote().GetQuote(), u.GetQuote().GetTrade()
	side := func(price, size *int64) (p, s string) {
		if price != nil {
			p = shown(*price, pe, 2)
		}
		if size != nil {
			s = shown(*size, se, 0)
		}
		return p, s
	}
	var bid, bidSize, ask, askSize, last string
	if q != nil {
		bid, bidSize = side(q.BidPrice, q.BidSize)
		ask, askSize = side(q.AskPrice, q.AskSize)
	}
	if trade != nil {
		last = shown(trade.Price, pe, 2)
	}
	at := when(max(q.GetEventTimeNs(), trade.GetEventTimeNs()))
	text := strings.Join([]string{at, topic.Id, "last " + orDash(last), "bid " + orDash(bid) + times(bidSize), "ask " + orDash(ask) + times(askSize)}, "  ")
	return line{text: text}.fields("channel", "quote", "id", topic.Id, "seq", u64(u.Seq), "time", at,
		"last", last, "bid", bid, "bid_size", bidSize, "ask", ask, "ask_size", askSize)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func times(size string) string {
	if size == "" {
		return ""
	}
	return " × " + size
}

func (t *tail) tradeLine(id string, seq uint64, trade *outcryv1.Trade) line {
	d := t.definitions[id]
	at, price, size, side := when(trade.GetEventTimeNs()), shown(trade.GetPrice(), d.GetPriceExponent(), 2), shown(trade.GetSize(), d.GetSizeExponent(), 0), ""
	if trade.GetSide() != 0 {
		side = word(trade.GetSide())
	}
	text := strings.TrimRight(fmt.Sprintf("%s  %s  trade #%d  %s × %s  %s", at, id, seq, price, size, side), " ")
	return line{text: text}.fields("channel", "trades", "id", id, "seq", u64(seq), "time", at,
		"price", price, "size", size, "side", side, "trade_id", trade.GetTradeId())
}

func (t *tail) barLine(id string, b *outcryv1.Bar) line {
	d := t.definitions[id]
	pe, se := d.GetPriceExponent(), d.GetSizeExponent()
	at, state := time.Unix(b.GetTime(), 0).UTC().Format(time.RFC3339), word(b.GetState())
	if b.GetDirty() {
		state += " dirty"
	}
	price := func(m int64) string { return shown(m, pe, 2) }
	volume := shown(b.GetVolume(), se, 0)
	turnover := decimal.Trim(decimal.Format128(b.GetTurnover().GetHi(), b.GetTurnover().GetLo(), pe+se), 0)
	resolution := word(b.GetResolution())
	text := fmt.Sprintf("%s  %s  bar %s #%d  open %s  high %s  low %s  close %s  volume %s  trades %d  %s", at, id, resolution, b.GetBarSeq(),
		price(b.GetOpen()), price(b.GetHigh()), price(b.GetLow()), price(b.GetClose()), volume, b.GetTrades(), state)
	return line{text: text}.fields("channel", "bars", "id", id, "seq", u64(b.GetBarSeq()), "resolution", resolution, "time", at,
		"open", price(b.GetOpen()), "high", price(b.GetHigh()), "low", price(b.GetLow()), "close", price(b.GetClose()),
		"volume", volume, "trades", u64(b.GetTrades()), "turnover", turnover, "buy_volume", shown(b.GetBuyVolume(), se, 0), "state", state)
}

// messageLine says a change of a room in words; its fields are those of query messages.
func messageLine(room string, m *outcryv1.Message) line {
	row := messageRow(m)
	l := line{names: []string{"channel", "id"}, values: []string{"room", room}}
	l.names, l.values = append(l.names, messageTable().columns...), append(l.values, row...)
	what := string(m.GetText().GetData())
	if m.GetKind() != outcryv1.MessageKind_MESSAGE_KIND_POST {
		what = strings.TrimSpace(word(m.GetKind()) + " " + what)
	}
	if m.GetDeleted() {
		what = "(deleted)"
	}
	if m.GetEmoji() != "" {
		what += " " + m.GetEmoji()
	}
	if ref := reference(m); ref != "" {
		what += " (of #" + strings.ReplaceAll(ref, " ", ", #") + ")"
	}
	l.text = fmt.Sprintf("%s  %s #%d  %s: %s", when(m.GetEventTimeNs()), room, m.GetSeq(), m.GetUser(), oneLine(what))
	return l
}

// oneLine keeps a text on its line, and control characters from the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return '⏎'
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return '�'
		}
		return r
	}, text)
}
