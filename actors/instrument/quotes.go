package instrument

import "outcry/events"

const (
	noBid = events.NoBidPrice | events.NoBidSize
	noAsk = events.NoAskPrice | events.NoAskSize
)

// onQuote decides on a quote. The newest by arrival is the one that is shown;
// locked and crossed ones are kept, because that is what the market said.
func (f *folding) onQuote(t *events.Tick) *fault {
	if why := f.faultOfQuote(t); why != nil {
		return why
	}
	if !f.tally(f.verdict(events.QuoteTick, t.SourceSeq)) {
		return nil
	}
	f.next(t.EventTime)
	if t.Absent != 0 {
		plain := plainQuote(t)
		t = &plain
	}
	f.quote = newestQuote{any: true, worded: t.Venue|t.Conditions != 0, absent: t.Absent, sourceSeq: t.SourceSeq,
		at: t.EventTime, receivedAt: t.ReceiveTime, bid: t.Price, bidSize: t.Size, ask: t.AskPrice, askSize: t.AskSize}
	f.out.turn.bytes = f.block.quote(f.out.turn.bytes, t, f.word(t.Venue), f.word(t.Conditions))
	if f.quote.worded {
		f.quoteVenue, f.quoteConditions = f.block.newest(events.QuoteTick)
	}
	f.quoteChange = f.seq
	if f.session.quote(t.EventTime) {
		f.statsChange = f.seq
	}
	return nil
}

// newestQuote is the newest quote by arrival, small because every quote writes it.
type newestQuote struct {
	sourceSeq                  uint64
	at, receivedAt             int64
	bid, bidSize, ask, askSize int64
	absent                     uint8
	any                        bool
	worded                     bool // rest.quoteVenue and rest.quoteConditions are this quote's
}

// plainQuote is a quote's tick, zero where a side is absent.
func plainQuote(t *events.Tick) events.Tick {
	q := events.Tick{Kind: events.QuoteTick, SourceSeq: t.SourceSeq, EventTime: t.EventTime, ReceiveTime: t.ReceiveTime,
		Price: t.Price, Size: t.Size, AskPrice: t.AskPrice, AskSize: t.AskSize, Absent: t.Absent, Venue: t.Venue, Conditions: t.Conditions}
	if t.Absent&events.NoBidPrice != 0 {
		q.Price = 0
	}
	if t.Absent&events.NoBidSize != 0 {
		q.Size = 0
	}
	if t.Absent&events.NoAskPrice != 0 {
		q.AskPrice = 0
	}
	if t.Absent&events.NoAskSize != 0 {
		q.AskSize = 0
	}
	return q
}
