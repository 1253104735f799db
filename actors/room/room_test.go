package room

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// at0 is 2026-01-02T10:00:00Z, ms.
const at0 = 1_767_348_000_000

// idOf makes a UUIDv7 of a time (ms after at0) and a number.
func idOf(ms, n int) []byte {
	id := make([]byte, 16)
	binary.BigEndian.PutUint64(id, uint64(at0+ms)<<16)
	binary.BigEndian.PutUint64(id[8:], 0x8000_0000_0000_0000|uint64(n))
	id[6] = 0x70
	return id
}

// headerAt is of a gateway's batch, ms after at0.
func headerAt(ms int) *events.Header {
	return &events.Header{Source: "gateway", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: (at0 + int64(ms)) * 1e6}
}

func textOf(s string) *outcryv1.Text {
	return &outcryv1.Text{Data: []byte(s), Characters: uint32(utf8.RuneCountInString(s))}
}

func posting(user string, id []byte, text string, replyTo uint64) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: textOf(text), ReplyTo: replyTo}}}
}

func editing(user string, id []byte, target uint64, text string) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Edit{Edit: &outcryv1.Edit{TargetSeq: target, Text: textOf(text)}}}
}

func deleting(user string, id []byte, target uint64) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Delete{Delete: &outcryv1.Delete{TargetSeq: target}}}
}

func reacting(user string, id []byte, target uint64, emoji string, remove bool) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_React{React: &outcryv1.React{TargetSeq: target, Emoji: emoji, Remove: remove}}}
}

func joining(user string, id []byte) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}}
}

func leaving(user string, id []byte) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Leave{Leave: &outcryv1.Leave{}}}
}

func moderating(user string, id []byte, verb, whom string) *outcryv1.RoomInput {
	action := outcryv1.ModerateAction(outcryv1.ModerateAction_value["MODERATE_ACTION_"+strings.ToUpper(verb)])
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Moderate{Moderate: &outcryv1.Moderate{Action: action, User: whom}}}
}

func setting(user string, id []byte, s *outcryv1.RoomSettings) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: user, ClientMsgId: id, Input: &outcryv1.RoomInput_Settings{Settings: s}}
}

// fold folds inputs as one group, ms after at0.
func fold(s *State, ms int, inputs ...*outcryv1.RoomInput) *Facts {
	out := &Facts{}
	s.Fold(headerAt(ms), &outcryv1.RoomGroup{Room: s.id, Inputs: inputs}, out)
	return out
}

// only is the outcome of a group of one input.
func only(t rapid.TB, f *Facts) Outcome {
	t.Helper()
	if len(f.Outcomes) != 1 {
		t.Fatalf("%d outcomes of one input", len(f.Outcomes))
	}
	return f.Outcomes[0]
}

// founded is a room that ada owns and bob is in; ids of joins are of number 0.
func founded(t rapid.TB) *State {
	t.Helper()
	s := New("pit")
	for _, o := range fold(s, 0, joining("ada", idOf(0, 0)), joining("bob", idOf(0, 0))).Outcomes {
		if o.Kind != outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
			t.Fatalf("joining: %v", o)
		}
	}
	return s
}

// clone is a message as a store gives it back: in memory of its own.
func clone(m *outcryv1.Message) *outcryv1.Message { return proto.Clone(m).(*outcryv1.Message) }

func restored(t rapid.TB, s *State) *State {
	t.Helper()
	snapshot := s.Snapshot(nil)
	r, err := Restore(s.id, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for i := range snapshot {
		snapshot[i] = 0xee // nothing of it may be kept
	}
	return r
}
