package gatewaytest

import (
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// Without a snapshot a board stays empty until the next tick; an update before the answer belongs to nothing.
func snapshotThenUpdates(t *testing.T, h *house) {
	h.Define("A")
	h.Quote("A", 100, 101)
	p := h.connect(t, "")
	p.requests++
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{
		Request: p.requests, Subscriptions: []*outcryv1.Subscription{to(quotes("A"))}}}})
	first := p.frame("answer or update", func(f *outcryv1.ServerFrame) bool { return f.GetSubscribed() != nil || f.GetUpdate() != nil })
	if first.GetSubscribed() == nil {
		t.Fatalf("before the answer came %v", first)
	}
	u := p.update("snapshot", func(*outcryv1.Update) bool { return true })
	if !u.GetSnapshot() || u.GetInstrument() != "A" || u.GetQuote().GetQuote().GetBidPrice() != 100 || u.GetQuote().GetDefinition().GetCurrency() != "USD" {
		t.Errorf("the snapshot is %v", u)
	}
	for price := int64(200); price < 210; price++ {
		h.Quote("A", price, price+1)
		next := p.update("update", func(*outcryv1.Update) bool { return true })
		if next.GetSnapshot() || next.GetQuote().GetQuote().GetBidPrice() != price || next.GetQuote().GetQuote().GetAskPrice() != price+1 || next.GetSeq() <= u.GetSeq() {
			t.Fatalf("after %v came %v", u, next)
		}
		u = next
	}
}

// A channel that is silent is a blank column.
func allLatestChannels(t *testing.T, h *house) {
	h.Define("A")
	p := h.connect(t, "")
	bar := outcryv1.Channel_CHANNEL_BAR
	p.granted(to(quotes("A")), to(&outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_STATS, Id: "A"}),
		to(bars(bar, "A", outcryv1.Resolution_RESOLUTION_1S)), to(bars(bar, "A", outcryv1.Resolution_RESOLUTION_1M)))
	h.Trade("A", 500, 61)
	p.update("trade", func(u *outcryv1.Update) bool { return u.GetQuote().GetTrade().GetPrice() == 500 })
	h.Trade("A", 510, 62)
	p.update("statistics", func(u *outcryv1.Update) bool {
		return u.GetStats().GetTrades() == 2 && u.GetStats().GetHigh() == 510 && u.GetStats().GetLow() == 500
	})
	h.Trade("A", 520, 63)
	p.update("bar of a second", func(u *outcryv1.Update) bool {
		return u.GetBar().GetResolution() == outcryv1.Resolution_RESOLUTION_1S && u.GetBar().GetOpen() == 520 && u.GetBar().GetTime() == day+63
	})
	h.Trade("A", 530, 64)
	p.update("bar of a minute", func(u *outcryv1.Update) bool {
		return u.GetBar().GetResolution() == outcryv1.Resolution_RESOLUTION_1M && u.GetBar().GetOpen() == 500 && u.GetBar().GetClose() == 530 && u.GetBar().GetTime() == day+60
	})
}

// Whoever asked for five updates a second must not get a hundred, and the fifth must be fresh.
func ratesBound(t *testing.T, h *house) {
	const perSecond, wanted = 20, 5
	h.Define("A")
	p := h.connect(t, "")
	p.granted(&outcryv1.Subscription{Topic: quotes("A"), MaxPerSecond: perSecond})
	p.update("snapshot", func(u *outcryv1.Update) bool { return u.GetSnapshot() })
	var first time.Time
	updates, price := 0, int64(1000)
	for updates < wanted {
		price++
		h.Quote("A", price, price+1)
		p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: price}}})
		p.frame("pong", func(f *outcryv1.ServerFrame) bool {
			if u := f.GetUpdate(); u != nil {
				if updates++; updates == 1 {
					first = time.Now()
				}
				if got := u.GetQuote().GetQuote().GetBidPrice(); got < price-1 {
					t.Errorf("an update has price %d when %d is the newest", got, price)
				}
			}
			return f.GetPong() != nil
		})
	}
	if took, least := time.Since(first), (wanted-2)*time.Second/perSecond; took < least {
		t.Errorf("%d updates came within %s; at %d a second they take %s at least", wanted, took, perSecond, least)
	}
}

// A trader who does not see a halt trades against a price that is none.
func haltIsSaid(t *testing.T, h *house) {
	h.Define("A")
	h.Quote("A", 100, 101)
	p := h.connect(t, "")
	p.granted(to(quotes("A")))
	if u := p.update("snapshot", func(*outcryv1.Update) bool { return true }); u.GetStale() != nil {
		t.Errorf("a fresh quote is told as stale: %v", u)
	}
	h.Status("A", outcryv1.TradingState_TRADING_STATE_HALTED)
	u := p.update("halt", func(u *outcryv1.Update) bool { return u.GetStale() != nil })
	if u.GetStale().GetReason() != outcryv1.StaleReason_STALE_REASON_HALT || u.GetStale().GetSinceNs() == 0 {
		t.Errorf("the halt is told as %v", u.GetStale())
	}
	h.Status("A", outcryv1.TradingState_TRADING_STATE_TRADING)
	p.update("end of the halt", func(u *outcryv1.Update) bool { return u.GetStale() == nil })
}
