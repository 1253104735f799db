package gatewaytest

import (
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// A client that sends token after token must not keep the server busy with
// signatures, nor lose the connection that it has; and with patience it renews its token.
func signInsBounded(t *testing.T, h *house) {
	const sent = 200
	h.door.give("first", "ann", map[string][]string{"see": {"*"}}, forever)
	h.door.give("second", "ann", map[string][]string{"see": {"*"}}, forever)
	p := h.signIn(t, "first")
	asked, began := h.door.asked.Load(), time.Now()
	limited := 0
	for range sent {
		switch a := p.renew("forged"); a.GetError().GetCode() {
		case outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED:
			if limited++; a.GetError().GetRetryAfterMs() == 0 || a.GetError().GetRetryAfterMs() > 1000 {
				t.Fatalf("answered %v", a)
			}
		case unauthenticated:
		default:
			t.Fatalf("answered %v", a)
		}
	}
	most := 5 + int64(time.Since(began)/time.Second) + 1
	if looked := h.door.asked.Load() - asked; looked > most || limited != sent-int(looked) {
		t.Errorf("of %d tokens %d were looked at, and %d refused unseen; at most %d should be", sent, looked, limited, most)
	}
	asked = h.door.asked.Load()
	again := hello(1, "ann")
	again.GetHello().Token = "forged"
	p.send(again)
	p.refused(invalidCode)
	if h.door.asked.Load() > asked {
		t.Error("the token of a second hello was looked at")
	}
	for end := time.Now().Add(patience); ; {
		a := p.renew("second")
		if a.GetError() == nil {
			return
		}
		if a.GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED || time.Now().After(end) {
			t.Fatalf("renewing with patience was answered %v", a)
		}
	}
}
