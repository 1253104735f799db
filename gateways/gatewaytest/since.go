package gatewaytest

import (
	"fmt"
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// SinceJoin has a room read from one's joining on.
func (f *Floor) SinceJoin(room, by string) (seq uint64) {
	return f.must(by, &outcryv1.Command{Room: room, Command: &outcryv1.Command_Settings{Settings: &outcryv1.RoomSettings{SinceJoin: true}}})
}

const notAMember = outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER

// Whoever comes later must not read what was said before, and miss nothing from there on: wherever
// the cursor says to begin, and whether the relay still has it or only the store.
func roomSinceJoin(t *testing.T, h *house) {
	h.hallOf("hall", 300)
	h.SinceJoin("hall", "bob")
	p := h.connect(t, "ann")
	for range 2 {
		for name, stranger := range map[string]*peer{"a guest": p, "nobody": h.connect(t, "")} {
			if a := stranger.subscribe(after(talk("hall"), 0))[0].GetError(); a.GetCode() != notAMember {
				t.Errorf("%s: %v", name, a)
			}
		}
		joined := h.Join("hall", "ann")
		head := joined
		for _, more := range []int{3, 900} {
			for range more {
				head = h.Post("hall", "bob", fmt.Sprint(head+1))
			}
			for _, s := range []*outcryv1.Subscription{after(talk("hall"), 0), after(talk("hall"), joined-2), {Topic: talk("hall"), Recent: 100}} {
				r := p.follow(s).until(head)
				first := max(joined, head-99)
				if s.AfterSeq != nil {
					first = joined
				}
				if len(r.lost) > 0 || len(r.items) != int(head-first+1) || r.items[0].GetSeq() != first {
					t.Errorf("after %v came %d items from %d, %v lost; want those from %d to %d", s.AfterSeq, len(r.items), r.items[0].GetSeq(), r.lost, first, head)
				}
			}
		}
		at := time.Now()
		left := h.Leave("hall", "ann")
		p.leaves("hall", left, at, notAMember)
	}
	h.door.give("staff", "root", map[string][]string{"see": {"*"}, "moderate": {"hall"}}, forever)
	h.signIn(t, "staff").follow(after(talk("hall"), 0)).until(300).dense(1, 300)
}

// A room that becomes so while somebody reads on: what he has not read and was said before he came stays unread.
func sinceJoinWhileReading(t *testing.T, h *house) {
	h.hallOf("hall", 2)
	guest := h.connect(t, "cyd")
	guest.granted(to(talk("hall")))
	p := h.connect(t, "ann")
	joined := h.Join("hall", "ann")
	r := p.follow(after(talk("hall"), 0)).until(joined)
	at := time.Now()
	change := h.SinceJoin("hall", "bob")
	guest.leaves("hall", change, at, notAMember)
	head := h.Post("hall", "bob", "the last")
	if r.until(head); len(r.items) != int(head) || len(r.lost) > 0 {
		t.Errorf("%d items of %d, %v lost", len(r.items), head, r.lost)
	}
}

// Whoever saw a private room by the grant to moderate must not see it without it.
func lostModeration(t *testing.T, h *house) {
	h.hallOf("desk", 2)
	h.Private("desk", "bob")
	h.door.give("staff", "root", map[string][]string{"see": {"*"}, "moderate": {"desk"}}, forever)
	p := h.signIn(t, "staff")
	p.granted(to(talk("desk")))
	h.door.give("staff", "root", map[string][]string{"see": {"*"}}, forever)
	at, change := time.Now(), h.Post("desk", "bob", "after")
	p.leaves("desk", change, at, forbidden)
	p.silent(h, "desk")
}

// Somebody who stood still when a room became so must not find what was said before he came, when he reads on,
// nor take it for lost.
func sinceJoinWhileStalled(t *testing.T, h *house) {
	h.pit()
	p := h.connect(t, "ann")
	zero := uint64(0)
	p.granted(&outcryv1.Subscription{Topic: talk("pit"), AfterSeq: &zero})
	r := &reader{t: t, p: p, topic: talk("pit"), began: true}
	h.stall(t)
	for range 600 { // more than the relay keeps
		h.Post("pit", "bob", "before")
	}
	joined := h.Join("pit", "ann")
	h.SinceJoin("pit", "bob")
	head := h.Post("pit", "bob", "the last")
	r.until(head)
	after := 0
	for _, item := range r.items {
		if string(item.GetMessage().GetText().GetData()) == "before" {
			t.Fatalf("what was said before he came: %v", item)
		}
		if item.GetSeq() >= joined {
			after++
		}
	}
	if after != int(head-joined+1) || len(r.lost) > 0 {
		t.Errorf("%d items from %d to %d, %v lost", after, joined, head, r.lost)
	}
}
