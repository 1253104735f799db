package gatewaytest

import (
	"fmt"
	"math"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// One bad frame must not cost the connection, and nothing that was subscribed.
func badFrames(t *testing.T, h *house) {
	h.Define("A")
	p := h.connect(t, "ann")
	p.granted(to(quotes("A")))
	for _, raw := range [][]byte{{0xff}, []byte("{"), {0x0a, 0x7f, 1}, []byte(`{"hello":7`)} {
		if err := p.SendRaw(raw); err != nil {
			t.Fatal(err)
		}
		p.refused(outcryv1.ErrorCode_ERROR_CODE_MALFORMED)
	}
	p.send(&outcryv1.ClientFrame{}) // of a later version: ignored
	p.barrier(5)
	h.Quote("A", 77, 78)
	p.update("price", func(u *outcryv1.Update) bool { return u.GetQuote().GetQuote().GetBidPrice() == 77 })
}

// One unknown id among many must not cost the others.
func unknownIDs(t *testing.T, h *house) {
	const (
		none         = outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
		invalid      = outcryv1.ErrorCode_ERROR_CODE_INVALID
		noRoom       = outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM
		noInstrument = outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT
	)
	h.Define("A")
	h.hallOf("hall", 2)
	asked := []struct {
		sub  *outcryv1.Subscription
		code outcryv1.ErrorCode
	}{
		{to(quotes("NOBODY")), noInstrument}, {to(quotes("A")), none}, {to(talk("nowhere")), noRoom}, {to(talk("hall")), none},
		{to(quotes("not an id")), invalid}, {to(quotes("")), invalid}, {to(&outcryv1.Topic{Id: "A"}), invalid},
		{to(&outcryv1.Topic{Channel: 99, Id: "A"}), invalid},
		{to(bars(outcryv1.Channel_CHANNEL_BAR, "A", outcryv1.Resolution_RESOLUTION_UNSPECIFIED)), invalid},
		{&outcryv1.Subscription{Topic: quotes("A"), MaxPerSecond: -1}, invalid}, // and the one above stays
		{&outcryv1.Subscription{Topic: bars(outcryv1.Channel_CHANNEL_BAR, "A", second), MaxPerSecond: math.Inf(1)}, invalid},
		{&outcryv1.Subscription{Topic: closed("A"), Recent: 101}, invalid},
	}
	p := h.connect(t, "")
	var subs []*outcryv1.Subscription
	for _, a := range asked {
		subs = append(subs, a.sub)
	}
	for i, a := range p.subscribe(subs...) {
		if a.GetError().GetCode() != asked[i].code {
			t.Errorf("to %v came %v", asked[i].sub, a)
		}
	}
	h.Quote("A", 5, 6)
	if seq := h.Post("hall", "bob", "3"); seq != 3 {
		t.Fatal(seq)
	}
	p.frame("item", func(f *outcryv1.ServerFrame) bool { return f.GetItems().GetCompleteTo() == 3 })
}

// A client that asks for everything must be told where the limit is, and keep what it has.
func tooManySubscriptions(t *testing.T, h *house) {
	var subs []*outcryv1.Subscription
	for i := range 301 {
		id := fmt.Sprintf("I%d", i)
		h.Define(id)
		subs = append(subs, to(quotes(id)))
	}
	p := h.connect(t, "")
	for i, a := range p.subscribe(subs...) {
		if refused := a.GetError().GetCode() == outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_SUBSCRIPTIONS && a.GetError().GetRetryAfterMs() > 0; refused != (i == 300) {
			t.Errorf("subscription %d was answered %v", i, a)
		}
	}
	p.unsubscribe(quotes("I0"))
	p.granted(subs[300])
}

// A shard that stands still must not leave a client without an answer.
func unattachable(t *testing.T, h *house) {
	h.Define("A")
	h.Silence("B")
	p := h.connect(t, "")
	answers := p.subscribe(to(quotes("A")), to(quotes("B")))
	if answers[0].GetError() != nil || answers[1].GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE {
		t.Errorf("answered %v", answers)
	}
}

// updates counts the updates of an instrument that come before a barrier.
func (p *peer) updates(id string, token int64) (n int) {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: token}}})
	p.frame("pong", func(f *outcryv1.ServerFrame) bool {
		if f.GetUpdate().GetInstrument() == id && f.GetUpdate() != nil {
			n++
		}
		return f.GetPong() != nil
	})
	return n
}

// Whoever left a topic must not pay for it.
func unsubscribe(t *testing.T, h *house) {
	h.Define("A")
	h.Define("B")
	p := h.connect(t, "")
	p.granted(to(quotes("A")), to(quotes("B")))
	answers := p.unsubscribe(quotes("A"), quotes("C"))
	if answers[0].GetError() != nil || answers[1].GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_INVALID {
		t.Errorf("answered %v", answers)
	}
	for price := range int64(20) {
		h.Quote("A", 100+price, 101+price)
		h.Quote("B", 100+price, 101+price)
	}
	p.frame("newest price of B", func(f *outcryv1.ServerFrame) bool {
		if f.GetUpdate().GetInstrument() == "A" && f.GetUpdate() != nil {
			t.Errorf("after unsubscribing came %v", f)
		}
		return f.GetUpdate().GetQuote().GetQuote().GetBidPrice() == 119
	})
	if n := p.updates("A", 9); n > 0 {
		t.Errorf("%d updates after unsubscribing", n)
	}
}

// Asking again, with another rate or cursor, must replace, not double.
func subscribeAgain(t *testing.T, h *house) {
	h.Define("A")
	h.Quote("A", 1, 2)
	h.hallOf("hall", 10)
	p := h.connect(t, "")
	p.granted(&outcryv1.Subscription{Topic: quotes("A"), MaxPerSecond: 0.001})
	p.granted(to(quotes("A")))
	p.update("snapshot", func(u *outcryv1.Update) bool { return u.GetSnapshot() })
	p.updates("A", 1)
	h.Quote("A", 3, 4)
	p.update("price", func(u *outcryv1.Update) bool { return u.GetQuote().GetQuote().GetBidPrice() == 3 })
	if n := p.updates("A", 2); n > 0 {
		t.Errorf("%d more updates of one quote", n)
	}
	p.granted(after(talk("hall"), 0))
	p.barrier(3)
	p.follow(after(talk("hall"), 7)).until(10).dense(8, 10)
}
