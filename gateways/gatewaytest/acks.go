package gatewaytest

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

func (p *peer) ack(topic *outcryv1.Topic, seq uint64) {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ack{Ack: &outcryv1.Ack{Topic: topic, Seq: seq}}})
}

// A client that can hold ten items must not be sent eleven, and must miss none for it,
// whether they come from the relay or from the store.
func acksBound(t *testing.T, h *house) {
	const most = 10
	h.hallOf("hall", 900)
	p := h.connect(t, "")
	r := p.follow(&outcryv1.Subscription{Topic: talk("hall"), AfterSeq: new(uint64), UnackedMax: most})
	for acked := uint64(0); acked < 900; {
		r.until(min(acked+most, 900))
		if step := acked % 7; step == 0 { // nothing more comes by itself, whatever else is done
			p.barrierWith(int64(acked)+1, r.take)
		}
		if r.cursor > acked+most {
			t.Fatalf("%d came when all up to %d was acknowledged", r.cursor, acked)
		}
		acked = min(acked+1+acked%most, r.cursor)
		p.ack(talk("hall"), acked)
	}
	r.until(h.Post("hall", "bob", "901")).dense(1, 901)
	p.ack(talk("hall"), 902)
	p.refused(outcryv1.ErrorCode_ERROR_CODE_INVALID)
	p.ack(talk("elsewhere"), 5) // left meanwhile: ignored
	p.ack(talk("no room's name"), 5)
	p.refused(outcryv1.ErrorCode_ERROR_CODE_INVALID)
	if a := p.subscribe(&outcryv1.Subscription{Topic: talk("hall"), UnackedMax: 10_001})[0]; a.GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_INVALID {
		t.Errorf("answered %v", a)
	}
}

// One stream that waits for its client must hold up no other, nor the trades that lie between quotes.
func acksHoldUpNothingElse(t *testing.T, h *house) {
	topic := trading("A")
	h.pit()
	p := h.connect(t, "")
	r := p.follow(&outcryv1.Subscription{Topic: topic, UnackedMax: 2})
	p.granted(to(quotes("A")))
	for i := range int64(10) {
		h.Trade("A", 100+i, i)
		h.Quote("A", i, i+1)
	}
	p.update("newest quote", func(u *outcryv1.Update) bool { return u.GetQuote().GetQuote().GetBidPrice() == 9 })
	// What came meanwhile was read over: the stream begins anew where it was.
	r = p.follow(&outcryv1.Subscription{Topic: topic, AfterSeq: &r.cursor, UnackedMax: 2})
	for n := 2; n <= 10; n += 2 {
		r.count(n)
		p.ack(topic, r.last)
	}
	for i, item := range r.items {
		if item.GetTrade().GetPrice() != int64(100+i) {
			t.Fatalf("print %d is %v", i, item)
		}
	}
}
