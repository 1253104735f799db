package gatewaytest

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// A client that does not know limits and lineage asks for too much, and trusts cursors of another log.
func helloSays(t *testing.T, h *house) {
	p := &peer{Client: h.dial(t), t: t}
	p.send(hello(1, "ann"))
	said := p.frame("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil }).GetHello()
	if said.GetVersion() != 1 || said.GetLineage() != lineage || said.GetUser() != "ann" || said.GetServer() != "test" {
		t.Errorf("hello says %v", said)
	}
	l := said.GetLimits()
	if l.GetSubscriptions() != 300 || l.GetFrameBytes() == 0 || l.GetMessageCharacters() == 0 || l.GetHistoryPage() == 0 {
		t.Errorf("limits are %v", l)
	}
	if age := now() - said.GetServerTimeNs(); said.GetSession() == "" || age < 0 || age > int64(patience) || said.GetReconnectWithinMs() == 0 {
		t.Errorf("hello says %v", said)
	}
	p.send(hello(1, "bob"))
	p.refused(outcryv1.ErrorCode_ERROR_CODE_INVALID)
	p.barrier(1)
}

// Somebody who subscribes before hello must be told what is wrong, and may go on.
func framesBeforeHello(t *testing.T, h *house) {
	h.Define("A")
	p := &peer{Client: h.dial(t), t: t}
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{
		Subscriptions: []*outcryv1.Subscription{to(quotes("A"))}}}})
	p.refused(outcryv1.ErrorCode_ERROR_CODE_INVALID)
	p.send(hello(1, ""))
	p.frame("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	p.granted(to(quotes("A")))
}

// A client of another age must learn why it is not served.
func unknownVersion(t *testing.T, h *house) {
	p := &peer{Client: h.dial(t), t: t}
	p.send(hello(0, "ann"))
	frames := p.ended()
	if len(frames) != 1 || frames[0].GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_UNSUPPORTED_VERSION {
		t.Errorf("before the end came %v", frames)
	}
}

// refused reads on to an error that belongs to no request.
func (p *peer) refused(code outcryv1.ErrorCode) {
	p.t.Helper()
	e := p.frame("error", func(f *outcryv1.ServerFrame) bool { return f.GetError() != nil }).GetError()
	if e.GetCode() != code || e.GetText() == "" || e.GetRetry() == outcryv1.Retry_RETRY_UNSPECIFIED {
		p.t.Errorf("refused with %v, want %v", e, code)
	}
}
