package instrument

import (
	"strconv"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// trade is what bars and sessions need of one.
type trade struct {
	at, price, size int64
	seq             uint64
	buy             bool
}

// onTrade decides on a trade.
func (f *folding) onTrade(t *events.Tick) *fault {
	ref := ""
	if t.Ref != 0 {
		ref = f.group.Refs[t.Ref-1]
	}
	if why := f.faultOfTrade(t, ref); why != nil {
		return why
	}
	if !f.tally(f.verdict(events.TradeTick, t.SourceSeq)) {
		return nil
	}
	f.next(t.EventTime)
	f.remember(t, ref)
	tr := trade{at: t.EventTime, price: t.Price, size: t.Size, seq: f.seq, buy: t.Side == uint8(outcryv1.Side_SIDE_BUY)}
	f.quoteChange = f.seq
	if f.session.trade(&tr) {
		f.statsChange = f.seq
	}
	f.traded = true
	for r := range f.rings {
		f.toBar(r, &tr)
	}
	if f.out.WantTally {
		f.out.Tally.add(&tr)
	}
	return nil
}

// newestTrade is the newest by arrival; its tick has no indexes into a batch.
type newestTrade struct {
	any               bool
	tick              events.Tick
	ref               []byte // its id where that is no number
	id                string // the same as text, made when first looked at
	venue, conditions string
}

// remember keeps the newest trade and puts it into the open block.
func (f *folding) remember(t *events.Tick, ref string) {
	n := &f.trade
	n.any = true
	n.tick = events.Tick{Kind: events.TradeTick, SourceSeq: t.SourceSeq, EventTime: t.EventTime, ReceiveTime: t.ReceiveTime,
		Price: t.Price, Size: t.Size, Side: t.Side, TradeID: t.TradeID}
	n.ref, n.id = append(n.ref[:0], ref...), ""
	f.out.turn.bytes = f.block.trade(f.out.turn.bytes, &n.tick, ref, f.word(t.Venue), f.word(t.Conditions))
	n.venue, n.conditions = f.block.newest(events.TradeTick)
	if f.out.WantTrades {
		f.out.Trades = append(f.out.Trades, SequencedTrade{Seq: f.seq, Trade: n.public()})
	}
}

// public is the trade as people look at it. Its id becomes text only here:
// most trades are never looked at.
func (n *newestTrade) public() Trade {
	t := &n.tick
	if n.id == "" {
		n.id = tradeIDOf(t.TradeID, n.ref)
	}
	return Trade{SourceSeq: t.SourceSeq, EventTime: t.EventTime, ReceiveTime: t.ReceiveTime, Price: t.Price, Size: t.Size,
		Side: t.Side, TradeID: n.id, Venue: n.venue, Conditions: n.conditions}
}

// tradeIDOf is an id in text: the one that is no number, if there is one.
func tradeIDOf(number int64, ref []byte) string {
	switch {
	case len(ref) > 0:
		return string(ref)
	case number != 0:
		return strconv.FormatInt(number, 10)
	}
	return ""
}
