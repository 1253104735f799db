package gatewaytest

import (
	"fmt"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// hallOf makes a room with so many changes: bob's joining and what he said.
func (h *house) hallOf(id string, changes int) {
	h.Join(id, "bob")
	for i := 1; i < changes; i++ {
		h.Post(id, "bob", fmt.Sprint(i+1))
	}
}

// dense demands every seq from one to another, and the words of each.
func (r *reader) dense(from, to uint64) {
	r.t.Helper()
	if len(r.items) != int(to-from+1) {
		r.t.Fatalf("%d items came, want %d to %d", len(r.items), from, to)
	}
	for i, item := range r.items {
		seq := from + uint64(i)
		if item.GetSeq() != seq || seq > 1 && string(item.GetMessage().GetText().GetData()) != fmt.Sprint(seq) {
			r.t.Fatalf("in place of %d came %v", seq, item)
		}
	}
	if len(r.lost) > 0 {
		r.t.Fatalf("told as lost: %v", r.lost)
	}
}

// Somebody who opens a room wants to see the last words, then the next.
func roomFromSnapshot(t *testing.T, h *house) {
	h.hallOf("hall", 10)
	r := h.connect(t, "").follow(&outcryv1.Subscription{Topic: talk("hall"), Recent: 3})
	r.until(10).dense(8, 10)
	for i := range uint64(5) {
		seq := h.Post("hall", "bob", fmt.Sprint(11+i))
		r.until(seq).dense(8, 11+i)
	}
}

// A cut connection must cost no word and repeat none, whether the relay still has them or only the store.
func roomCutAndResumed(t *testing.T, h *house) {
	h.hallOf("hall", 5)
	p := h.connect(t, "")
	r := p.follow(after(talk("hall"), 2)).until(5)
	head := uint64(5)
	for _, missed := range []int{1, 30, 700} {
		p.Cut()
		for range missed {
			head = h.Post("hall", "bob", fmt.Sprint(head+1))
		}
		p = h.connect(t, "")
		next := p.follow(after(talk("hall"), r.cursor)).until(head)
		next.items = append(r.items, next.items...)
		r = next
	}
	r.dense(3, head)
}

// Whoever has nothing must get everything.
func roomFromFirst(t *testing.T, h *house) {
	h.hallOf("hall", 900)
	h.connect(t, "").follow(after(talk("hall"), 0)).until(900).dense(1, 900)
}

// A cursor of another room or log would leave out everything up to it.
func cursorBeyondEnd(t *testing.T, h *house) {
	h.hallOf("hall", 3)
	p := h.connect(t, "")
	a := p.subscribe(after(talk("hall"), 4))[0].GetError()
	if a.GetCode() != outcryv1.ErrorCode_ERROR_CODE_INVALID || a.GetRetry() != outcryv1.Retry_RETRY_RESYNC {
		t.Errorf("answered %v", a)
	}
	p.follow(after(talk("hall"), 3)).until(h.Post("hall", "bob", "4")).dense(4, 4)
}

// Two people in a room must read the same, wherever each began.
func twoClients(t *testing.T, h *house) {
	h.hallOf("hall", 600)
	early := h.connect(t, "").follow(after(talk("hall"), 0))
	late := h.connect(t, "").follow(&outcryv1.Subscription{Topic: talk("hall"), Recent: 5})
	head := h.Post("hall", "bob", "601")
	early.until(head).dense(1, head)
	late.until(head).dense(late.items[0].GetSeq(), head)
}

// While the store lacks what a client needs next, the client must neither miss it
// nor be left to guess: it is told that its stream waits, and then gets everything.
func roomWaitsForStore(t *testing.T, h *house) {
	h.hallOf("hall", 900)
	h.Behind(true)
	p := h.connect(t, "")
	r := p.follow(after(talk("hall"), 0))
	p.frame("heartbeat that says that the room waits", func(f *outcryv1.ServerFrame) bool {
		if f.GetItems() != nil || f.GetHistoryLost() != nil {
			t.Errorf("told %v", f)
		}
		for _, topic := range f.GetHeartbeat().GetCatchingUp() {
			if topic.GetId() == "hall" {
				return true
			}
		}
		return false
	})
	h.Behind(false)
	r.until(900).dense(1, 900)
}
