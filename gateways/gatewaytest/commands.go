package gatewaytest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// ask sends a command and gives its answer.
func (p *peer) ask(c *outcryv1.Command) *outcryv1.Answer {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Command{Command: c}})
	return p.frame("answer", func(f *outcryv1.ServerFrame) bool {
		return string(f.GetAnswer().GetClientMsgId()) == string(c.ClientMsgId) && f.GetAnswer() != nil
	}).GetAnswer()
}

// ours keeps ids apart from those of the floor's own moves.
const ours = 1 << 24

func join(room string, n int) *outcryv1.Command {
	return &outcryv1.Command{Room: room, ClientMsgId: NewID(ours + n), Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}
}

func post(room, text string, n int) *outcryv1.Command {
	return &outcryv1.Command{Room: room, ClientMsgId: NewID(ours + n), Command: PostOf(text)}
}

// Without an answer nobody knows whether it was said; sent again it must not be said twice.
func commandsAnswered(t *testing.T, h *house) {
	p := h.connect(t, "ann")
	if a := p.ask(post("hall", "too early", 1)); a.GetError() == nil || a.GetOutcome() != outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED {
		t.Errorf("posting to no room was answered %v", a)
	}
	if a := p.ask(join("hall", 2)); a.GetError() != nil || a.GetSeq() != 1 || a.GetRoom() != "hall" {
		t.Fatalf("joining was answered %v", a)
	}
	p.follow(after(talk("hall"), 1))
	said := post("hall", "2", 3)
	if a := p.ask(said); a.GetOutcome() != outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED || a.GetSeq() != 2 {
		t.Fatalf("posting was answered %v", a)
	}
	if a := p.ask(proto.Clone(said).(*outcryv1.Command)); a.GetOutcome() != outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE || a.GetSeq() != 2 {
		t.Errorf("posting again was answered %v", a)
	}
	// What was read over while waiting for answers is read by another client.
	r := h.connect(t, "").follow(after(talk("hall"), 1))
	r.until(h.Post("hall", "ann", "3")).dense(2, 3)
}

// A name is what a room knows people by.
func commandsWithoutName(t *testing.T, h *house) {
	p := h.connect(t, "")
	if a := p.ask(join("hall", 1)); a.GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN || a.GetOutcome() != outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED {
		t.Errorf("answered %v", a)
	}
}

// page asks for a page of history.
func (p *peer) page(q *outcryv1.HistoryRequest) *outcryv1.HistoryPage {
	p.t.Helper()
	p.requests++
	q.Request = p.requests
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_History{History: q}})
	return p.frame("page", func(f *outcryv1.ServerFrame) bool { return f.GetHistory().GetRequest() == p.requests }).GetHistory()
}

// Scrolling back must meet every message once.
func historyPages(t *testing.T, h *house) {
	h.hallOf("hall", 120)
	p := h.connect(t, "")
	for _, c := range []struct {
		q        *outcryv1.HistoryRequest
		from, to uint64
	}{
		{&outcryv1.HistoryRequest{Room: "hall"}, 71, 120},
		{&outcryv1.HistoryRequest{Room: "hall", BeforeSeq: 71, Limit: 100}, 1, 70},
		{&outcryv1.HistoryRequest{Room: "hall", AfterSeq: 100, Limit: 10}, 101, 110},
		{&outcryv1.HistoryRequest{Room: "hall", AfterSeq: 120}, 121, 120},
	} {
		page := p.page(c.q)
		if page.GetError() != nil || page.GetHeadSeq() != 120 || page.GetRoom() != "hall" || len(page.GetMessages()) != int(c.to-c.from+1) {
			t.Fatalf("to %v came %v", c.q, page)
		}
		for i, m := range page.GetMessages() {
			if m.GetSeq() != c.from+uint64(i) {
				t.Fatalf("to %v came %v in place of %d", c.q, m, c.from+uint64(i))
			}
		}
	}
	for _, bad := range []struct {
		q    *outcryv1.HistoryRequest
		code outcryv1.ErrorCode
	}{
		{&outcryv1.HistoryRequest{Room: "hall", BeforeSeq: 5, AfterSeq: 1}, outcryv1.ErrorCode_ERROR_CODE_INVALID},
		{&outcryv1.HistoryRequest{Room: "hall", Limit: 101}, outcryv1.ErrorCode_ERROR_CODE_INVALID},
		{&outcryv1.HistoryRequest{Room: "no such room"}, outcryv1.ErrorCode_ERROR_CODE_INVALID},
		{&outcryv1.HistoryRequest{Room: "nowhere"}, outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM},
	} {
		if page := p.page(bad.q); page.GetError().GetCode() != bad.code {
			t.Errorf("to %v came %v", bad.q, page)
		}
	}
}
