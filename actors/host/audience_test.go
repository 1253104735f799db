package host

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// guestList notes whether eve may see the room, and at which head it was told.
type guestList struct{ told []any }

func (g *guestList) AdmitRoom(a *room.Audience) { g.told = append(g.told, a.Admits("eve")) }

func (g *guestList) AttachRoom(r *outcryv1.Room, _ []*outcryv1.Message, _ uint64) {
	g.told = append(g.told, r.GetHeadSeq())
}

func (g *guestList) ChangeRoom(f *room.Facts) {
	for _, m := range f.Items {
		g.told = append(g.told, m.GetSeq())
	}
}

// Breaks for users: who was banned reads the words behind it, since whoever shows the room hears of it too late, or never.
func TestTheAudienceIsToldBeforeTheChange(t *testing.T) {
	b := newBed()
	b.now = time.Now().UnixNano() // ids carry the time
	c := b.config()
	c.rules = c.rulesOf
	h := b.start(t, c)
	early := &guestList{}
	h.WatchRoom("pit", early)
	do := func(in *outcryv1.RoomInput) {
		t.Helper()
		if got := folded(t, h, b.append(command("ada", newID(t), in))); got.Accepted != 1 {
			t.Fatalf("counts %+v", got)
		}
	}
	act := func(a outcryv1.ModerateAction) *outcryv1.RoomInput {
		return &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Moderate{Moderate: &outcryv1.Moderate{Action: a, User: "eve"}}}
	}
	do(&outcryv1.RoomInput{Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}})
	do(act(outcryv1.ModerateAction_MODERATE_ACTION_BAN))
	do(speech("without her"))
	late := &guestList{}
	h.WatchRoom("pit", late)
	do(act(outcryv1.ModerateAction_MODERATE_ACTION_UNBAN))
	hashesOf(t, h) // after its turns
	if diff := cmp.Diff([]any{true, uint64(0), uint64(1), false, uint64(2), uint64(3), true, uint64(4)}, early.told); diff != "" {
		t.Errorf("who watched from the start was told %s", diff)
	}
	if diff := cmp.Diff([]any{false, uint64(3), true, uint64(4)}, late.told); diff != "" {
		t.Errorf("who came later was told %s", diff)
	}
}
