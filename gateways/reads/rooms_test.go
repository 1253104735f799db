package reads

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, not %v", err, want)
	}
}

// talked is a room of more changes than the actor keeps, the newest ones not written.
func talked(t *testing.T) (h *house, head uint64) {
	h = newHouse(t)
	for i := range 700 {
		h.say(fmt.Sprint("word ", i+1))
		if i == 650 {
			h.write()
		}
	}
	return h, 700
}

// A page that jumps over a message, or tells one twice, is a lie about the talk,
// wherever the seam between the rows and the actor's window lies.
func TestPagesOfMessagesAreDense(t *testing.T) {
	h, head := talked(t)
	rapid.Check(t, func(draw *rapid.T) {
		q := &outcryv1.MessagesRequest{Room: lobby, Limit: rapid.Uint32Range(1, 100).Draw(draw, "limit")}
		from, to := head-uint64(q.Limit)+1, head
		at := rapid.Uint64Range(1, head+50).Draw(draw, "at")
		switch rapid.SampledFrom([]string{"newest", "before", "after"}).Draw(draw, "page") {
		case "before":
			q.BeforeSeq = at
			to = min(at-1, head)
			from = to - min(to, uint64(q.Limit)) + 1
		case "after":
			q.AfterSeq = at
			from, to = at+1, min(at+uint64(q.Limit), head)
		}
		answer, err := h.Messages(t.Context(), q)
		if err != nil || answer.HeadSeq != head {
			draw.Fatalf("%v: head %d, %v", q, answer.GetHeadSeq(), err)
		}
		want := from
		for _, m := range answer.Messages {
			if m.Seq != want || string(m.Text.Data) != fmt.Sprint("word ", want) {
				draw.Fatalf("%v: %v stands where %d should", q, m, want)
			}
			want++
		}
		if want != max(from, to+1) {
			draw.Fatalf("%v ends before %d, not %d", q, want, to+1)
		}
	})
}

// Paging back to the first message ends there, with an empty page.
func TestPagingBackEndsAtTheFirst(t *testing.T) {
	h, head := talked(t)
	seen := uint64(0)
	for before := head + 1; ; {
		answer, err := h.Messages(t.Context(), &outcryv1.MessagesRequest{Room: lobby, BeforeSeq: before, Limit: 64})
		if err != nil {
			t.Fatal(err)
		}
		seen += uint64(len(answer.Messages))
		if len(answer.Messages) == 0 || answer.Messages[0].Seq == 1 {
			break
		}
		before = answer.Messages[0].Seq
	}
	if seen != head {
		t.Errorf("%d messages of %d", seen, head)
	}
}

// What left the actor's window and is not written yet must be waited for, not left out.
func TestMessagesOnTheirWayAreWaitedFor(t *testing.T) {
	h := newHouse(t)
	for i := range 600 {
		h.say(fmt.Sprint("word ", i+1))
	}
	answered := make(chan int, 1)
	go func() {
		answer, err := h.Messages(t.Context(), &outcryv1.MessagesRequest{Room: lobby, AfterSeq: 1, Limit: 100})
		if err != nil {
			t.Error(err)
		}
		answered <- len(answer.GetMessages())
	}()
	select {
	case <-h.store.asked:
	case n := <-answered:
		t.Fatalf("answered with %d messages before they were written", n)
	}
	h.write()
	if n := <-answered; n != 100 {
		t.Errorf("%d messages", n)
	}
}
