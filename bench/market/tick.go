package market

import (
	"math"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// tick makes the next quote or trade of an instrument at its present price.
func (m *Market) tick(w *walker) *events.Tick {
	half := 0.5 + math.Exp(w.vol)*w.price*2e-5*(0.5+m.rng.Float64())
	w.bid = int64(math.Round(w.price - half))
	w.ask = max(int64(math.Round(w.price+half)), w.bid+1)
	if m.rng.Float64() < tradeShare {
		return m.trade(w)
	}
	w.seqs[events.QuoteTick]++
	return &events.Tick{Kind: events.QuoteTick, SourceSeq: w.seqs[events.QuoteTick], EventTime: m.at, ReceiveTime: m.at,
		Price: w.bid, Size: m.size(), AskPrice: w.ask, AskSize: m.size()}
}

// trade takes from one side; buyers follow buyers for a while.
func (m *Market) trade(w *walker) *events.Tick {
	w.seqs[events.TradeTick]++
	m.nextID++
	t := &events.Tick{Kind: events.TradeTick, SourceSeq: w.seqs[events.TradeTick], EventTime: m.at, ReceiveTime: m.at,
		Price: w.bid, Size: m.size(), Side: uint8(outcryv1.Side_SIDE_SELL), TradeID: m.nextID}
	sign := -1.0
	if m.rng.Float64() < 0.5+0.4*w.trend {
		t.Price, t.Side, sign = w.ask, uint8(outcryv1.Side_SIDE_BUY), 1
	}
	w.trend = 0.9*w.trend + 0.1*sign
	w.price *= 1 + sign*1e-5*math.Exp(w.vol)
	return t
}

// size is log-normal: many small ones, a few large.
func (m *Market) size() int64 {
	return max(1, int64(math.Round(math.Exp(3.2+1.1*m.rng.NormFloat64()))))
}
