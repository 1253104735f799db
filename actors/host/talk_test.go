package host

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// roomSink keeps what a real room's sink was told.
type roomSink struct {
	attached *outcryv1.Room
	recent   []*outcryv1.Message
	items    []*outcryv1.Message
}

func (s *roomSink) AdmitRoom(*room.Audience) {}

func (s *roomSink) AttachRoom(r *outcryv1.Room, items []*outcryv1.Message, _ uint64) {
	s.attached, s.recent = r, items
}

func (s *roomSink) ChangeRoom(f *room.Facts) { s.items = append(s.items, f.Items...) }

// newID is an id as clients make them.
func newID(t *testing.T) []byte {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id[:]
}

func command(user string, id []byte, in *outcryv1.RoomInput) *outcryv1.RoomGroup {
	in.User, in.ClientMsgId = user, id
	return &outcryv1.RoomGroup{Room: "pit", Inputs: []*outcryv1.RoomInput{in}}
}

func speech(text string) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Post{Post: &outcryv1.Post{
		Text: &outcryv1.Text{Data: []byte(text), Characters: uint32(len(text))}}}}
}

// Talk by the real rules: said once, seen once, stored once, answered alike however often it is sent.
func TestOneMessageByTheRoomsOwnRules(t *testing.T) {
	b := newBed()
	b.now = time.Now().UnixNano() // ids carry the time
	c := b.config()
	c.rules = c.rulesOf
	h := b.start(t, c)
	sink := &roomSink{}
	h.WatchRoom("pit", sink)
	join := &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}}
	folded(t, h, b.append(command("ada", newID(t), join)))
	id := newID(t)
	first := b.append(command("ada", id, speech("hello")))
	if got := folded(t, h, first); got.Accepted != 1 {
		t.Errorf("counts %+v", got)
	}
	again := b.append(command("ada", id, speech("hello")))
	if got := folded(t, h, again); got.Duplicates != 1 || got.Accepted != 0 {
		t.Errorf("counts of the same command %+v", got)
	}
	if got := folded(t, h, b.append(command("eve", newID(t), speech("let me in")))); got.Refused != 1 || got.Refusals[0].Code != outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER {
		t.Errorf("counts of a stranger %+v", got)
	}
	checkTalkAnswers(t, h, again, id)
	late := &roomSink{}
	h.WatchRoom("pit", late)
	offset, live := hashesOf(t, h)
	b.stop(t, h)
	if len(sink.items) != 2 || string(sink.items[1].GetText().GetData()) != "hello" {
		t.Errorf("the sink was told %v", sink.items)
	}
	if len(late.recent) != 2 || late.attached.GetHeadSeq() != 2 {
		t.Errorf("a sink that came later was given %v of %v", late.recent, late.attached)
	}
	rows := b.store.rows()
	if len(rows.Messages) != 2 || len(rows.Members) == 0 || rows.Rooms[len(rows.Rooms)-1].GetHeadSeq() != 2 {
		t.Errorf("stored %v, %v, %v", rows.Messages, rows.Members, rows.Rooms)
	}
	got, err := Replay(t.Context(), b.log, events.Room, 0, nil, nil, offset, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "replayed", got, live)

	restored := b.start(t, c)
	<-restored.Ready()
	checkTalkAnswers(t, restored, again, id)
}

func checkTalkAnswers(t *testing.T, h *Host, p events.Position, id []byte) {
	t.Helper()
	o, err := outcomeOf(h, p, "pit", string(id))
	if err != nil || o.Seq != 2 {
		t.Errorf("answered %+v, %v", o, err)
	}
	head := &AskRoom{Fn: func(s *room.State) any { return s.Head() }}
	if got := ask(t, h, events.Room, "pit", head); got != uint64(2) {
		t.Errorf("the room's own id answers %v", got)
	}
	if err := h.Room(t.Context(), "pit", func(s *room.State) {
		if s == nil || s.Head() != 2 {
			t.Errorf("a query sees %v", s)
		}
	}); err != nil {
		t.Error(err)
	}
}
