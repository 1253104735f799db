package instrument

import "bytes"

// View copies what people look at.
func (s *State) View(v *View) {
	*v = View{Instrument: s.id, Seq: s.seq, ClockUs: s.clock, IngestTime: s.ingest,
		Defined: s.defined, HasQuote: s.quote.any, HasTrade: s.trade.any, Definition: s.definition,
		Stats: s.session.view(), Status: s.status, StatusReason: s.reason,
		Cancels: s.counts.cancels, Duplicates: s.counts.duplicates, Late: s.counts.late, Gaps: s.counts.gaps,
		QuoteSeq: s.quoteChange, StatsSeq: s.statsChange, BarChange: s.barChange}
	if q := &s.quote; q.any {
		v.Quote = Quote{SourceSeq: q.sourceSeq, EventTime: q.at, ReceiveTime: q.receivedAt, BidPrice: q.bid, BidSize: q.bidSize,
			AskPrice: q.ask, AskSize: q.askSize, Absent: q.absent}
		if q.worded {
			v.Quote.Venue, v.Quote.Conditions = s.quoteVenue, s.quoteConditions
		}
	}
	if s.trade.any {
		v.Trade = s.trade.public()
	}
	for resolution := range s.rings {
		if r := &s.rings[resolution]; r.n() > 0 {
			v.HasBar[resolution] = true
			v.Bars[resolution] = r.newest().public(resolution)
		}
	}
}

// OpenBlock is the block that is still being filled, for reads; ok is false
// when it is empty. Its Data is a copy, its ClockUs the newest.
func (s *State) OpenBlock() (b Block, ok bool) {
	if s.block.ticks == 0 {
		return Block{}, false
	}
	b = s.block.finished(s.clock)
	b.Data = bytes.Clone(b.Data)
	return b, true
}
