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
	q := &f.quote
	q.any, q.tick = true, plainQuote(t)
	f.out.turn.bytes = f.block.quote(f.out.turn.bytes, &q.tick, f.word(t.Venue), f.word(t.Conditions))
	q.venue, q.conditions = f.block.newest(events.QuoteTick)
	f.quoteChange = f.seq
	if f.session.quote(t.EventTime) {
		f.statsChange = f.seq
	}
	return nil
}

// plainQuote is a quote's tick without indexes into its batch, zero where a side is absent.
func plainQuote(t *events.Tick) events.Tick {
	q := events.Tick{Kind: events.QuoteTick, SourceSeq: t.SourceSeq, EventTime: t.EventTime, ReceiveTime: t.ReceiveTime,
		Price: t.Price, Size: t.Size, AskPrice: t.AskPrice, AskSize: t.AskSize, Absent: t.Absent}
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
