package pump_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: a client that was in a tunnel is shown minutes of old prices before
// the first fresh one, and each such client costs its server memory for all of it.
func TestAStalledConnectionHoldsAtMost256KBOfOldBytes(t *testing.T) {
	const framed = 256 << 10
	h := open(t, pump.Config{})
	h.Define("A")
	head := h.fill("pit", 300) // much more than that waits for the client
	slow := h.connect(t)
	slow.stall(0)
	slow.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{
		Subscriptions: []*outcryv1.Subscription{quotes("A", 0), talk("pit")}}}})
	wait(t, "the stall", h.stalled)
	const last = 5000
	for price := int64(1); price <= last; price++ {
		h.Quote("A", price, price+1)
	}
	before, _, _ := slow.look()
	old := len(before)
	slow.release()
	// All that comes before the first version that was framed after the release is old.
	fresh, words := false, uint64(0)
	for !fresh || words < head {
		f := slow.until("frame", func(f *outcryv1.ServerFrame) bool { return f.GetUpdate() != nil || f.GetItems() != nil })
		words = max(words, f.GetItems().GetCompleteTo())
		price := f.GetUpdate().GetQuote().GetQuote().GetBidPrice()
		switch {
		case price == last:
			fresh = true
		case price > 0:
			t.Errorf("price %d came, which was superseded long before it was written", price)
		case !fresh:
			old += proto.Size(f)
		}
	}
	if old > framed {
		t.Errorf("%d bytes came before the first fresh price, at most %d may", old, framed)
	}
}
