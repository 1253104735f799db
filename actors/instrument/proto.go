package instrument

import (
	"google.golang.org/protobuf/proto"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Latest is the view as a row and as clients get it. The message is new and the caller's.
func (v *View) Latest() *outcryv1.Latest {
	l := &outcryv1.Latest{Instrument: v.Instrument, Seq: v.Seq, ClockUs: v.ClockUs,
		Cancels: v.Cancels, Duplicates: v.Duplicates, Late: v.Late, Gaps: v.Gaps}
	if v.Defined {
		l.Definition = v.Definition.Proto()
	}
	if v.HasQuote {
		l.Quote = v.Quote.Proto()
	}
	if v.HasTrade {
		l.Trade = v.Trade.Proto()
	}
	if v.HasQuote || v.HasTrade {
		l.Stats = v.Stats.Proto()
	}
	if v.Status != 0 {
		l.Status = &outcryv1.TradingStatus{State: v.Status, Reason: v.StatusReason}
	}
	return l
}

// Proto is the definition as a message.
func (d *Definition) Proto() *outcryv1.Definition {
	return &outcryv1.Definition{PriceExponent: d.PriceExponent, SizeExponent: d.SizeExponent, TickSize: d.TickSize,
		SizeStep: d.SizeStep, Currency: d.Currency, Calendar: d.Calendar, Description: d.Description}
}

// Proto is the quote as a message, without the fields that are absent.
func (q *Quote) Proto() *outcryv1.Quote {
	p := &outcryv1.Quote{SourceSeq: q.SourceSeq, EventTimeNs: q.EventTime, ReceiveTimeNs: q.ReceiveTime, Venue: q.Venue, Conditions: q.Conditions}
	present := func(bit uint8, v int64) *int64 {
		if q.Absent&bit != 0 {
			return nil
		}
		return proto.Int64(v)
	}
	p.BidPrice, p.BidSize = present(events.NoBidPrice, q.BidPrice), present(events.NoBidSize, q.BidSize)
	p.AskPrice, p.AskSize = present(events.NoAskPrice, q.AskPrice), present(events.NoAskSize, q.AskSize)
	return p
}

// Proto is the trade as a message.
func (t *Trade) Proto() *outcryv1.Trade {
	return &outcryv1.Trade{SourceSeq: t.SourceSeq, EventTimeNs: t.EventTime, ReceiveTimeNs: t.ReceiveTime,
		Price: t.Price, Size: t.Size, Side: outcryv1.Side(t.Side), TradeId: t.TradeID, Venue: t.Venue, Conditions: t.Conditions}
}

// Proto is the session's statistics as a message.
func (s *Stats) Proto() *outcryv1.SessionStats {
	return &outcryv1.SessionStats{Session: s.Session, Open: s.Open, High: s.High, Low: s.Low, Last: s.Last, Volume: s.Volume,
		Turnover: s.Turnover.proto(), BuyVolume: s.BuyVolume, Trades: s.Trades, Quotes: s.Quotes, PreviousClose: s.PreviousClose}
}

// Proto is the bar as a row of an instrument and resolution (Second or Minute).
func (b *Bar) Proto(instrument string, resolution int) *outcryv1.Bar {
	r := outcryv1.Resolution_RESOLUTION_1S
	if resolution == Minute {
		r = outcryv1.Resolution_RESOLUTION_1M
	}
	return &outcryv1.Bar{Instrument: instrument, Resolution: r, Time: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close,
		Volume: b.Volume, Turnover: b.Turnover.proto(), BuyVolume: b.BuyVolume, Trades: b.Trades, FirstSeq: b.FirstSeq, LastSeq: b.LastSeq,
		Revision: b.Revision, State: b.State, Dirty: b.Dirty, BarSeq: b.BarSeq, ClockUs: b.ClockUs,
		OpenTimeNs: b.OpenTimeNs, CloseTimeNs: b.CloseTimeNs}
}

// BarOf is the way back from a row; its instrument and resolution are the caller's to know.
func BarOf(p *outcryv1.Bar) Bar {
	return Bar{Time: p.GetTime(), Open: p.GetOpen(), High: p.GetHigh(), Low: p.GetLow(), Close: p.GetClose(),
		Volume: p.GetVolume(), Turnover: Int128{Hi: p.GetTurnover().GetHi(), Lo: p.GetTurnover().GetLo()}, BuyVolume: p.GetBuyVolume(),
		Trades: p.GetTrades(), FirstSeq: p.GetFirstSeq(), LastSeq: p.GetLastSeq(), Revision: p.GetRevision(), State: p.GetState(),
		Dirty: p.GetDirty(), BarSeq: p.GetBarSeq(), ClockUs: p.GetClockUs(),
		OpenTimeNs: p.GetOpenTimeNs(), CloseTimeNs: p.GetCloseTimeNs()}
}

// Proto is the block as a row; its data is shared.
func (b *Block) Proto(instrument string) *outcryv1.TickBlock {
	return &outcryv1.TickBlock{Instrument: instrument, Day: b.Day, FirstSeq: b.FirstSeq, LastSeq: b.LastSeq, Ticks: b.Ticks,
		FirstTimeNs: b.FirstTimeNs, LastTimeNs: b.LastTimeNs, ClockUs: b.ClockUs, Data: b.Data}
}

func (x Int128) proto() *outcryv1.Int128 { return &outcryv1.Int128{Hi: x.Hi, Lo: x.Lo} }
