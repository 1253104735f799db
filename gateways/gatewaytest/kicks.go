package gatewaytest

import (
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// Moderate acts on a person, in the name of somebody, and gives its seq.
func (f *Floor) Moderate(room, by string, action outcryv1.ModerateAction, whom string) (seq uint64) {
	return f.must(by, &outcryv1.Command{Room: room, Command: &outcryv1.Command_Moderate{Moderate: &outcryv1.Moderate{Action: action, User: whom}}})
}

// Private makes a room seen by its members alone.
func (f *Floor) Private(room, by string) (seq uint64) {
	return f.must(by, &outcryv1.Command{Room: room, Command: &outcryv1.Command_Settings{Settings: &outcryv1.RoomSettings{Private: true}}})
}

const (
	kicks = outcryv1.ModerateAction_MODERATE_ACTION_KICK
	bans  = outcryv1.ModerateAction_MODERATE_ACTION_BAN
	adds  = outcryv1.ModerateAction_MODERATE_ACTION_ADD
)

// leaves reads on to the end of a room, within a second of a change, and demands that nothing from it on comes before.
func (p *peer) leaves(room string, change uint64, at time.Time, code outcryv1.ErrorCode) {
	p.t.Helper()
	e := p.frame("end of "+room, func(f *outcryv1.ServerFrame) bool {
		for _, item := range f.GetItems().GetItems() {
			if item.GetSeq() >= change {
				p.t.Errorf("after the change %d came %v", change, item)
			}
		}
		return f.GetEnded().GetTopic().GetId() == room
	}).GetEnded()
	if took := time.Since(at); took > time.Second || e.GetError().GetCode() != code || e.GetError().GetText() == "" {
		p.t.Errorf("%v after it the room ended with %v, want %v", took, e, code)
	}
}

// silent demands that nothing of a room comes any more, however much is said in it.
func (p *peer) silent(h *house, room string) {
	p.t.Helper()
	for range 20 {
		h.Post(room, "bob", "later")
	}
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: 42}}})
	p.frame("pong", func(f *outcryv1.ServerFrame) bool {
		if f.GetItems() != nil {
			p.t.Errorf("after the end of %s came %v", room, f)
		}
		return f.GetPong().GetClientTimeNs() == 42
	})
}

// Somebody who was sent out must not read one word more; everybody else must miss none.
func kickedMember(t *testing.T, h *house) {
	h.hallOf("hall", 5) // bob's
	h.Join("hall", "ann")
	ann, other := h.connect(t, "ann"), h.connect(t, "cyd")
	ann.granted(&outcryv1.Subscription{Topic: talk("hall"), Recent: 2})
	bystander := other.follow(after(talk("hall"), 0))
	for _, c := range []struct {
		action outcryv1.ModerateAction
		code   outcryv1.ErrorCode
	}{{kicks, outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER}, {bans, forbidden}} {
		at := time.Now()
		change := h.Moderate("hall", "bob", c.action, "ann")
		for range 20 {
			h.Post("hall", "bob", "after")
		}
		ann.leaves("hall", change, at, c.code)
		ann.silent(h, "hall")
		again := ann.subscribe(to(talk("hall")))[0].GetError()
		if c.action == kicks && again != nil || c.action == bans && again.GetCode() != forbidden {
			t.Errorf("subscribing again after %v: %v", c.action, again)
		}
		if a := ann.ask(join("hall", int(c.action))); (a.GetError() == nil) != (c.action == kicks) {
			t.Errorf("joining again after %v: %v", c.action, a)
		}
	}
	if head := h.Post("hall", "bob", "the last"); bystander.until(head).cursor != head || len(bystander.items) != int(head) {
		t.Errorf("a bystander has %d items of %d", len(bystander.items), head)
	}
}

// A private room must be closed to all who are not in it, from the change on.
func privateRoom(t *testing.T, h *house) {
	h.hallOf("desk", 3) // bob's
	member, guest := h.connect(t, "bob"), h.connect(t, "ann")
	r := member.follow(after(talk("desk"), 0))
	guest.granted(to(talk("desk")))
	at := time.Now()
	change := h.Private("desk", "bob")
	guest.leaves("desk", change, at, forbidden)
	guest.silent(h, "desk")
	for name, p := range map[string]*peer{"a guest": guest, "nobody": h.connect(t, "")} {
		if a := p.subscribe(to(talk("desk"))); a[0].GetError().GetCode() != forbidden {
			t.Errorf("%s: %v", name, a)
		}
	}
	if a := guest.ask(join("desk", 1)); a.GetError().GetCode() != forbidden {
		t.Errorf("joining a private room: %v", a)
	}
	h.Moderate("desk", "bob", adds, "ann")
	guest.granted(after(talk("desk"), 0))
	h.door.give("staff", "root", map[string][]string{"see": {"*"}, "moderate": {"desk"}}, forever)
	h.door.give("other", "eve", map[string][]string{"see": {"*"}, "post": {"*"}}, forever)
	h.signIn(t, "staff").granted(to(talk("desk")))
	if a := h.signIn(t, "other").subscribe(to(talk("desk"))); a[0].GetError().GetCode() != forbidden {
		t.Errorf("without the grant to moderate: %v", a)
	}
	head := h.Post("desk", "bob", "the last")
	if r.until(head); len(r.items) != int(head) {
		t.Errorf("a member has %d items of %d", len(r.items), head)
	}
}

// Who may moderate is staff everywhere, and nobody becomes it by asking.
func grantedModerator(t *testing.T, h *house) {
	h.hallOf("hall", 3)
	h.Join("hall", "ann")
	h.door.give("root's", "root", map[string][]string{"moderate": {"hall"}}, forever)
	h.door.give("eve's", "eve", map[string][]string{"post": {"*"}}, forever)
	kick := func(n int) *outcryv1.Command {
		return &outcryv1.Command{Room: "hall", ClientMsgId: NewID(ours + n), Command: &outcryv1.Command_Moderate{Moderate: &outcryv1.Moderate{Action: kicks, User: "ann"}}}
	}
	root, eve := h.signIn(t, "root's"), h.signIn(t, "eve's")
	if a := eve.ask(kick(1)); a.GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER {
		t.Errorf("somebody: %v", a)
	}
	if a := root.ask(join("hall", 2)); a.GetError().GetCode() != forbidden {
		t.Errorf("a moderator posts: %v", a)
	}
	if a := root.ask(kick(3)); a.GetError() != nil {
		t.Errorf("a moderator: %v", a)
	}
}

// A client that stood still when it was sent out must not find what was said since, when it reads on.
func kickedWhileStalled(t *testing.T, h *house) {
	h.pit()
	h.Join("pit", "ann")
	p := h.connect(t, "ann")
	p.granted(after(talk("pit"), 0))
	h.stall(t)
	change := h.Moderate("pit", "bob", kicks, "ann")
	for range 1000 {
		h.Post("pit", "bob", "after")
	}
	p.leaves("pit", change, time.Now(), outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER)
	p.silent(h, "pit")
}
