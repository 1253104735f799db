package gatewaytest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"outcry/gateways/resume"
	outcryv1 "outcry/proto/outcry/v1"
)

// token reads on to the next resume token.
func (p *peer) token() *outcryv1.ResumeToken {
	p.t.Helper()
	return p.frame("resume token", func(f *outcryv1.ServerFrame) bool { return f.GetHeartbeat().GetResume() != nil }).GetHeartbeat().GetResume()
}

// resume connects with a token and gives what the server says to it.
func (h *house) resume(t *testing.T, user string, token []byte, cursors ...*outcryv1.Complete) (*peer, *outcryv1.ServerHello) {
	t.Helper()
	p := &peer{Client: h.dial(t), t: t}
	said := hello(1, user)
	said.GetHello().Resume = &outcryv1.Resume{Token: token, Cursors: cursors}
	p.send(said)
	return p, p.frame("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil }).GetHello()
}

// sealed is a token as the server would make it, but for what change does.
func (h *house) sealed(t *testing.T, change func(*outcryv1.ResumeState)) []byte {
	t.Helper()
	state := &outcryv1.ResumeState{User: "ann", Lineage: lineage, ExpiresNs: time.Now().Add(time.Hour).UnixNano(),
		Topics: []*outcryv1.ResumeTopics{{Channel: outcryv1.Channel_CHANNEL_ROOM, Recent: 2, Ids: []string{"hall"}}}}
	change(state)
	token, err := h.keys.Seal(state)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Whoever comes back must see prices and words at once, after one message of its own,
// and without the store, which thousands who come back together would take down.
func resumesInOneRoundTrip(t *testing.T, h *house) {
	h.Define("A")
	h.Define("B")
	h.hallOf("hall", 5)
	p := h.connect(t, "ann")
	r := p.follow(after(talk("hall"), 2)).until(5)
	p.granted(&outcryv1.Subscription{Topic: quotes("A"), MaxPerSecond: 20}, to(quotes("B")), &outcryv1.Subscription{Topic: closed("A"), Recent: 3, UnackedMax: 7})
	token := p.token()
	if left := time.Until(time.Unix(0, token.GetExpiresNs())); token.GetError() != nil || left < 50*time.Minute || left > time.Hour {
		t.Fatalf("the token is %v", token)
	}
	// It is said once, not with each heartbeat, until something changes.
	for range 3 {
		if beat := p.frame("heartbeat", func(f *outcryv1.ServerFrame) bool { return f.GetHeartbeat() != nil }).GetHeartbeat(); beat.GetResume() != nil {
			t.Fatalf("again: %v", beat)
		}
	}
	p.unsubscribe(quotes("B"))
	token = p.token()
	p.Cut()
	h.Behind(true) // no store
	for range 30 {
		h.Post("hall", "bob", fmt.Sprint(len(r.items)+3))
		r.items = append(r.items, nil)
	}
	h.Quote("A", 42, 43)
	p, said := h.resume(t, "ann", token.GetToken(), &outcryv1.Complete{Topic: talk("hall"), Seq: r.cursor}, &outcryv1.Complete{Topic: talk("never asked for"), Seq: 1})
	if !said.GetResumed() || said.GetResumeError() != nil {
		t.Fatalf("hello says %v", said)
	}
	answer := p.frame("answer", func(f *outcryv1.ServerFrame) bool { return f.GetSubscribed() != nil }).GetSubscribed()
	if answer.GetRequest() != 0 || len(answer.GetAnswers()) != 3 {
		t.Fatalf("subscribed to %v", answer)
	}
	for _, a := range answer.GetAnswers() {
		if a.GetError() != nil || a.GetTopic().GetId() == "B" {
			t.Errorf("answered %v", a)
		}
	}
	next := &reader{t: t, p: p, topic: talk("hall"), cursor: r.cursor, last: r.cursor, began: true}
	fresh := false
	p.frame("price and words", func(f *outcryv1.ServerFrame) bool {
		next.take(f)
		fresh = fresh || f.GetUpdate().GetQuote().GetQuote().GetBidPrice() == 42 && f.GetUpdate().GetSnapshot()
		return fresh && next.cursor == 35
	})
	next.dense(6, 35)
	// What was asked for holds as before: seven closed bars come, and the eighth waits.
	h.tradesTo("A", 0, 20)
	bars := 0
	count := func(f *outcryv1.ServerFrame) { bars += len(f.GetItems().GetItems()) }
	p.frame("seventh bar", func(f *outcryv1.ServerFrame) bool {
		count(f)
		return bars >= 7
	})
	p.barrierWith(1, count)
	p.barrierWith(2, count)
	if bars != 7 {
		t.Errorf("%d bars came, seven may be unacknowledged", bars)
	}
}

// A stolen or stale token must open nothing, and its presenter must be told and go on without.
func resumeRefused(t *testing.T, h *house) {
	h.hallOf("hall", 3)
	good := h.sealed(t, func(*outcryv1.ResumeState) {})
	for name, c := range map[string]struct {
		user  string
		token []byte
		code  outcryv1.ErrorCode
	}{
		"another user": {"bob", good, outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN},
		"nobody":       {"", good, outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN},
		"expired": {"ann", h.sealed(t, func(s *outcryv1.ResumeState) { s.ExpiresNs = time.Now().UnixNano() }),
			outcryv1.ErrorCode_ERROR_CODE_INVALID},
		"tampered": {"ann", append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1), outcryv1.ErrorCode_ERROR_CODE_INVALID},
		"empty":    {"ann", nil, outcryv1.ErrorCode_ERROR_CODE_INVALID},
	} {
		p, said := h.resume(t, c.user, c.token, &outcryv1.Complete{Topic: talk("hall"), Seq: 1})
		if e := said.GetResumeError(); said.GetResumed() || e.GetCode() != c.code || e.GetText() == "" {
			t.Errorf("%s: hello says %v", name, said)
		}
		p.follow(after(talk("hall"), 1)).until(3).dense(2, 3)
		p.Cut()
	}
	// Rights are looked at again: a token that was sealed before they ended helps nobody.
	h.door.give("annsToken", "ann", map[string][]string{"see": {"main/other*"}}, time.Time{})
	p := &peer{Client: h.dial(t), t: t}
	said := hello(1, "")
	said.GetHello().Token, said.GetHello().Resume = "annsToken", &outcryv1.Resume{Token: good}
	p.send(said)
	a := p.frame("answer", func(f *outcryv1.ServerFrame) bool { return f.GetSubscribed() != nil }).GetSubscribed().GetAnswers()
	if len(a) != 1 || a[0].GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN {
		t.Errorf("answered %v", a)
	}
}

// Cursors of a log that is no more would leave out, or repeat, what they point to in the new one.
func resumeResets(t *testing.T, h *house) {
	h.hallOf("hall", 9)
	old := h.sealed(t, func(s *outcryv1.ResumeState) { s.Lineage = "the one before" })
	p, said := h.resume(t, "ann", old, &outcryv1.Complete{Topic: talk("hall"), Seq: 4})
	if !said.GetResumed() {
		t.Fatalf("hello says %v", said)
	}
	if f := p.frame("reset", func(f *outcryv1.ServerFrame) bool { return f.GetReset_() != nil || f.GetSubscribed() != nil }); f.GetReset_().GetLineage() != lineage {
		t.Fatalf("before the reset came %v", f)
	}
	r := &reader{t: t, p: p, topic: talk("hall")}
	r.until(9).dense(8, 9)
}

// Keys that leaked must be changed without a client noticing, and must open nothing after.
func resumeFollowsKeys(t *testing.T, h *house) {
	h.hallOf("hall", 3)
	before := h.sealed(t, func(*outcryv1.ResumeState) {})
	if err := h.keys.Set(resume.Generate()); err != nil {
		t.Fatal(err)
	}
	if _, said := h.resume(t, "ann", before); said.GetResumed() || said.GetResumeError().GetRetry() != outcryv1.Retry_RETRY_RESYNC {
		t.Errorf("hello says %v", said)
	}
	if _, said := h.resume(t, "ann", h.sealed(t, func(*outcryv1.ResumeState) {})); !said.GetResumed() {
		t.Errorf("hello says %v", said)
	}
}

// Without a token a client must know that it has to subscribe by itself.
func resumeTooLarge(t *testing.T, h *house) {
	var subs []*outcryv1.Subscription
	for i := range 100 {
		id := fmt.Sprint(strings.Repeat("x", 100), i)
		h.Define(id)
		subs = append(subs, to(quotes(id)))
	}
	p := h.connect(t, "ann")
	p.granted(subs...)
	if token := p.token(); token.GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE || token.GetToken() != nil {
		t.Errorf("the token is %v", token)
	}
	p.unsubscribe(subs[0].GetTopic())
	p.unsubscribe(subs[1].GetTopic())
	if token := p.token(); token.GetError() == nil {
		t.Errorf("98 fit: %d bytes", len(token.GetToken()))
	}
	for _, s := range subs[2:40] {
		p.unsubscribe(s.GetTopic())
	}
	deadline := time.Now().Add(patience)
	for token := p.token(); token.GetError() != nil; token = p.token() {
		if time.Now().After(deadline) {
			t.Fatal("sixty do not fit")
		}
	}
}
