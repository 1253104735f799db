package gatewaytest

import (
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

const (
	forbidden       = outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN
	unauthenticated = outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED
)

// forever is when a token ends that does not.
var forever = time.Time{}

// signIn dials and says hello with a token.
func (h *house) signIn(t *testing.T, token string) *peer {
	t.Helper()
	p := &peer{Client: h.dial(t), t: t}
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, Token: token}}})
	p.frame("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	return p
}

// renew presents another token on the connection.
func (p *peer) renew(token string) *outcryv1.SignInAnswer {
	p.t.Helper()
	p.requests++
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_SignIn{SignIn: &outcryv1.SignIn{Request: p.requests, Token: token}}})
	return p.frame("answer to sign_in", func(f *outcryv1.ServerFrame) bool { return f.GetSignedIn().GetRequest() == p.requests }).GetSignedIn()
}

// Whoever brings a token that does not hold must learn that another one is needed, and get nothing.
func badTokens(t *testing.T, h *house) {
	h.door.give("late", "ann", map[string][]string{"see": {"*"}}, time.Now().Add(-time.Second))
	h.door.give("ann's", "ann", map[string][]string{"see": {"*"}}, forever)
	for _, c := range []struct {
		token, user string
		code        outcryv1.ErrorCode
	}{{"forged", "", unauthenticated}, {"late", "", unauthenticated}, {"ann's", "bob", forbidden}} {
		p := &peer{Client: h.dial(t), t: t}
		p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, Token: c.token, User: c.user}}})
		frames := p.ended()
		if len(frames) != 1 || frames[0].GetError().GetCode() != c.code {
			t.Errorf("with %+v came %v", c, frames)
		}
		if retry := frames[0].GetError().GetRetry(); (retry == outcryv1.Retry_RETRY_SIGN_IN) != (c.code == unauthenticated) {
			t.Errorf("with %+v the client may do %v", c, retry)
		}
	}
}

// rights is what one person may do; everything else is refused.
var rights = []struct {
	token     string
	grants    map[string][]string
	see, post []string // of A, B, hall, attic
}{
	{"all", map[string][]string{"see": {"*"}, "post": {"*"}}, []string{"A", "B", "hall", "attic"}, []string{"hall", "attic"}},
	{"some", map[string][]string{"see": {"A", "h*"}, "post": {"attic"}}, []string{"A", "hall"}, []string{"attic"}},
	{"looks", map[string][]string{"see": {"main/*"}}, []string{"A", "B", "hall", "attic"}, nil},
	{"elsewhere", map[string][]string{"see": {"desk/*"}, "post": {"desk/*"}}, nil, nil},
	{"feed", map[string][]string{"ingest": {"*"}, "admin": {"*"}, "moderate": {"x"}}, nil, nil},
	{"nothing", nil, nil, nil},
}

// What is not granted must be refused on every channel and command, and nothing else.
func rightToSee(t *testing.T, h *house) {
	for _, id := range []string{"A", "B"} {
		h.Define(id)
		h.Trade(id, 100, 1)
	}
	h.hallOf("hall", 2)
	h.hallOf("attic", 2)
	for n, c := range rights {
		t.Run(c.token, func(t *testing.T) {
			h.door.give(c.token, c.token, c.grants, forever)
			p := h.signIn(t, c.token)
			may := map[string]bool{}
			for _, id := range c.see {
				may[id] = true
			}
			p.channels(may)
			for i, id := range []string{"hall", "attic"} {
				page := p.page(&outcryv1.HistoryRequest{Room: id})
				if (page.GetError() == nil) != may[id] || !may[id] && (page.GetError().GetCode() != forbidden || len(page.GetMessages()) > 0) {
					t.Errorf("history of %s: %v", id, page)
				}
				a := p.ask(join(id, 100*n+i))
				granted := len(c.post) > 0 && (c.post[0] == id || len(c.post) > 1)
				if (a.GetError() == nil) != granted || !granted && a.GetError().GetCode() != forbidden {
					t.Errorf("joining %s: %v", id, a)
				}
			}
		})
	}
}

// channels subscribes to everything there is.
func (p *peer) channels(may map[string]bool) {
	p.t.Helper()
	var subs []*outcryv1.Subscription
	for _, id := range []string{"A", "B"} {
		for _, topic := range []*outcryv1.Topic{quotes(id), {Channel: outcryv1.Channel_CHANNEL_STATS, Id: id}, trading(id),
			bars(outcryv1.Channel_CHANNEL_BAR, id, second), closed(id)} {
			subs = append(subs, to(topic))
		}
	}
	subs = append(subs, to(talk("hall")), to(talk("attic")))
	for i, a := range p.subscribe(subs...) {
		id := subs[i].GetTopic().GetId()
		if (a.GetError() == nil) != may[id] || !may[id] && a.GetError().GetCode() != forbidden {
			p.t.Errorf("subscribing to %v: %v", subs[i], a)
		}
	}
}

// quietEnd reads to the end of a connection: after the gate changed nothing but heartbeats may come, and last why.
func (p *peer) quietEnd(code outcryv1.ErrorCode) {
	p.t.Helper()
	frames := p.ended()
	if n := len(frames); n == 0 || frames[n-1].GetError().GetCode() != code {
		p.t.Errorf("the end was not told as %v: %v", code, frames)
	}
	for _, f := range frames {
		if f.GetItems() != nil || f.GetUpdate() != nil || f.GetHistory() != nil || f.GetAnswer() != nil {
			p.t.Errorf("after the right was gone came %v", f)
		}
	}
}

// A token that ended must end what it was shown, at once and without a later word.
func expiredToken(t *testing.T, h *house) {
	h.Define("A")
	h.hallOf("hall", 2)
	end := time.Now().Add(400 * time.Millisecond)
	h.door.give("short", "ann", map[string][]string{"see": {"*"}}, end)
	p := h.signIn(t, "short")
	p.granted(to(quotes("A")), to(talk("hall")))
	frames := p.ended()
	if over := time.Since(end); over < 0 || over > time.Second {
		t.Errorf("the end came %v after the token's", over)
	}
	if n := len(frames); n == 0 || frames[n-1].GetError().GetCode() != unauthenticated {
		t.Errorf("the end was not told: %v", frames)
	}
}

// Somebody who was revoked must see nothing that is said after it, though all topics flow.
func revokedUser(t *testing.T, h *house) {
	h.Define("A")
	h.hallOf("hall", 2)
	h.door.give("ann's", "ann", map[string][]string{"see": {"*"}, "post": {"*"}}, forever)
	p := h.signIn(t, "ann's")
	p.granted(to(quotes("A")), &outcryv1.Subscription{Topic: bars(outcryv1.Channel_CHANNEL_BAR, "A", second), MaxPerSecond: 100}, to(talk("hall")))
	p.barrier(1)
	h.door.takeBack("ann's")
	for price := range int64(100) {
		h.Quote("A", 100+price, 101+price)
		h.Post("hall", "bob", "after")
	}
	p.quietEnd(unauthenticated)
	p = &peer{Client: h.dial(t), t: t}
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, Token: "ann's"}}})
	p.quietEnd(unauthenticated)
}

// Whoever lost one grant must lose its topics, with a code, and keep the others.
func lostGrant(t *testing.T, h *house) {
	h.Define("A")
	h.Define("B")
	h.hallOf("hall", 2)
	h.door.give("ann's", "ann", map[string][]string{"see": {"A", "B", "hall"}}, forever)
	p := h.signIn(t, "ann's")
	p.granted(to(quotes("A")), &outcryv1.Subscription{Topic: quotes("B"), MaxPerSecond: 100}, to(talk("hall")))
	p.barrier(1)
	h.door.give("ann's", "ann", map[string][]string{"see": {"A"}}, forever)
	for range 20 {
		h.Quote("B", 5, 6)
		h.Post("hall", "bob", "after")
	}
	h.Quote("A", 77, 78)
	ended := map[string]outcryv1.ErrorCode{}
	p.frame("price of A and two ends", func(f *outcryv1.ServerFrame) bool {
		if e := f.GetEnded(); e != nil {
			ended[e.GetTopic().GetId()] = e.GetError().GetCode()
		}
		if f.GetItems() != nil || f.GetUpdate().GetInstrument() == "B" && f.GetUpdate() != nil {
			t.Errorf("after the grant was gone came %v", f)
		}
		return f.GetUpdate().GetQuote().GetQuote().GetBidPrice() == 77
	})
	for len(ended) < 2 {
		e := p.frame("end", func(f *outcryv1.ServerFrame) bool { return f.GetEnded() != nil }).GetEnded()
		ended[e.GetTopic().GetId()] = e.GetError().GetCode()
	}
	if ended["B"] != forbidden || ended["hall"] != forbidden {
		t.Errorf("ended: %v", ended)
	}
	if a := p.subscribe(to(quotes("B"))); a[0].GetError().GetCode() != forbidden {
		t.Errorf("subscribing again: %v", a)
	}
}

// A token of a few minutes must not cost a connection that goes on for hours.
func renewedToken(t *testing.T, h *house) {
	h.Define("A")
	h.hallOf("hall", 2)
	end := time.Now().Add(500 * time.Millisecond)
	h.door.give("first", "ann", map[string][]string{"see": {"A", "hall"}}, end)
	h.door.give("second", "ann", map[string][]string{"see": {"A"}}, forever)
	h.door.give("bob's", "bob", map[string][]string{"see": {"*"}}, forever)
	p := h.signIn(t, "first")
	p.granted(to(quotes("A")), to(talk("hall")))
	if a := p.renew("bob's"); a.GetError().GetCode() != forbidden || a.GetExpiresNs() != end.UnixNano() {
		t.Errorf("renewing with another's token: %v", a)
	}
	if a := p.renew("forged"); a.GetError().GetCode() != unauthenticated || a.GetExpiresNs() != end.UnixNano() {
		t.Errorf("renewing with a forged token: %v", a)
	}
	gone := false
	p.requests++
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_SignIn{SignIn: &outcryv1.SignIn{Request: p.requests, Token: "second"}}})
	a := p.frame("answer to sign_in", func(f *outcryv1.ServerFrame) bool {
		gone = gone || f.GetEnded().GetTopic().GetId() == "hall"
		return f.GetSignedIn().GetRequest() == p.requests
	}).GetSignedIn()
	if a.GetError() != nil || a.GetExpiresNs() != 0 || !gone {
		t.Errorf("renewing: %v; what the new token does not grant ended: %t", a, gone)
	}
	p.frame("heartbeat after the first token's end", func(f *outcryv1.ServerFrame) bool {
		return f.GetHeartbeat().GetServerTimeNs() > end.UnixNano()
	})
	h.Quote("A", 77, 78)
	p.update("price", func(u *outcryv1.Update) bool { return u.GetQuote().GetQuote().GetBidPrice() == 77 })
}
