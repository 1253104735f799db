package binance

import (
	"slices"
	"testing"
	"time"

	"outcry/gateways/feeds/binance/exchangetest"
	outcryv1 "outcry/proto/outcry/v1"
)

const btc = "BINANCE:BTCUSDT"

// An exchange's connections break, fall silent, repeat themselves and talk
// rubbish; whatever they do, a chart made of the trades must be the exchange's.
func TestEveryTradeIsInOnceWhateverTheConnectionDoes(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 3000), Symbols: steps, Faults: []exchangetest.Fault{
		{At: 200, Kind: exchangetest.Garbage, Lines: 12}, {At: 400, Kind: exchangetest.Cut, Lines: 100},
		{At: 800, Kind: exchangetest.Repeat, Lines: 300}, {At: 1200, Kind: exchangetest.Hole, Lines: 55},
		{At: 1600, Kind: exchangetest.Ping}, {At: 2000, Kind: exchangetest.Silence, Lines: 200},
		{At: 3000, Kind: exchangetest.Shutdown}, {At: 4000, Kind: exchangetest.Cut, Lines: 1500},
	}})
	h := newHouse()
	r := start(t, Config{Symbols: []string{"BTCUSDT"}, Stale: time.Second}, x, h)
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 3099))
	r.end()
	h.mu.Lock()
	last := h.trades[btc][len(h.trades[btc])-1].SourceSeq
	h.mu.Unlock()
	h.dense(t, btc, 101, last)
	s := r.Status()
	if s.Reconnects < 2 || s.Reconnects+s.Renewals < 3 || s.Filled == 0 || s.Gaps != 0 || s.Unreadable == 0 || s.Repeated == 0 || x.Answered() != 1 {
		t.Errorf("%+v, %d pings answered", s, x.Answered())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	quotes := h.quotes[btc]
	rising := slices.IsSortedFunc(quotes, func(a, b *outcryv1.Quote) int { return int(int64(a.SourceSeq) - int64(b.SourceSeq)) })
	// 1,855 messages were missed, half of them quotes, and some in flight.
	if n := len(quotes); !rising || n < 1500 || n > 3000-900 {
		t.Errorf("%d quotes, rising %v", n, rising)
	}
}
