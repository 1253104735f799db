package room

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

func code(t *testing.T, want outcryv1.ErrorCode, o Outcome) {
	t.Helper()
	if o.Code != want {
		t.Fatalf("decided %v, want %v", o, want)
	}
}

func took(t *testing.T, o Outcome) {
	t.Helper()
	if o.Kind != outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
		t.Fatalf("decided %v, want accepted", o)
	}
}

// TestAFullRoomTakesNobodyMore: a room of any number of members would take any
// amount of memory; and an archive must not be refused for it.
func TestAFullRoomTakesNobodyMore(t *testing.T) {
	s := founded(t)
	for i := range membersMax - 2 {
		took(t, only(t, fold(s, i, joining(fmt.Sprint("user", i), idOf(i, 1)))))
	}
	code(t, outcryv1.ErrorCode_ERROR_CODE_ROOM_FULL, only(t, fold(s, 1, joining("late", idOf(membersMax, 0)))))
	f := fold(s, 1, &outcryv1.RoomInput{User: "old", Input: &outcryv1.RoomInput_Imported{Imported: &outcryv1.Imported{Kind: outcryv1.MessageKind_MESSAGE_KIND_JOIN}}})
	took(t, only(t, f))
	if len(f.Members) > 0 || s.View().Members != membersMax {
		t.Errorf("%d members and rows %v", s.View().Members, f.Members)
	}
	took(t, only(t, fold(s, 1, leaving("bob", idOf(membersMax, 1)))))
	took(t, only(t, fold(s, 1, joining("late", idOf(membersMax, 1)))))
	if r := restored(t, s); r.Hash() != s.Hash() || r.owner != "ada" {
		t.Errorf("owner %q after a restart", r.owner)
	}
}

// TestReactionsOfAMessageAreBounded: every reaction writes the whole message
// again, so a message of any number of reactions would stop the room.
func TestReactionsOfAMessageAreBounded(t *testing.T) {
	s := founded(t)
	took(t, only(t, fold(s, 1, posting("ada", idOf(1, 0), "react!", 0))))
	for i := range emojiMax {
		took(t, only(t, fold(s, 1, reacting("ada", idOf(2, i), 3, fmt.Sprint("e", i), false))))
	}
	code(t, outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_REACTIONS, only(t, fold(s, 1, reacting("ada", idOf(3, 0), 3, "one more", false))))
	for i := range reactionsMax - emojiMax {
		user := fmt.Sprint("user", i)
		fold(s, 1, joining(user, idOf(4, 0)))
		took(t, only(t, fold(s, 1, reacting(user, idOf(4, 1), 3, "e0", false))))
	}
	code(t, outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_REACTIONS, only(t, fold(s, 1, reacting("bob", idOf(5, 0), 3, "e1", false))))
	took(t, only(t, fold(s, 1, reacting("ada", idOf(6, 0), 3, "e63", true))))
	took(t, only(t, fold(s, 1, reacting("bob", idOf(6, 1), 3, "e1", false))))
}

// TestLargeMessagesTakeNoMoreThanTheirShare: 512 of the largest messages would
// be 32 MiB in every room; fewer are kept then, and the others need a Base.
func TestLargeMessagesTakeNoMoreThanTheirShare(t *testing.T) {
	s := founded(t)
	took(t, only(t, fold(s, 1, setting("ada", idOf(1, 0), &outcryv1.RoomSettings{MaxCharacters: MaxCharacters}))))
	large := strings.Repeat("ツ", MaxCharacters)
	for i := range 2 * recentMax {
		took(t, only(t, fold(s, 1, posting("ada", idOf(2, i), large, 0))))
	}
	items, first := s.Recent(0, 10_000)
	bytes := 0
	for _, m := range items {
		bytes += len(m.Text.GetData())
	}
	if bytes > recentBytes || bytes < recentBytes*9/10 || first+uint64(len(items)) != s.Head()+1 {
		t.Errorf("%d bytes in %d items from %d of %d", bytes, len(items), first, s.Head())
	}
	code(t, outcryv1.ErrorCode_ERROR_CODE_STALE_BASE, only(t, fold(s, 1, deleting("ada", idOf(3, 0), first-1))))
	took(t, only(t, fold(s, 1, deleting("ada", idOf(3, 1), first+1))))

	for seq := uint64(4); seq < first-1; seq++ {
		in := editing("ada", idOf(4, int(seq)), seq, large)
		in.Base = &outcryv1.Base{AsOfSeq: s.Head(), Message: &outcryv1.Message{Room: "pit", Seq: seq, ChangeSeq: seq,
			Kind: outcryv1.MessageKind_MESSAGE_KIND_POST, User: "ada"}}
		took(t, only(t, fold(s, 1, in)))
	}
	if s.past.touchedCost > touchedBytes || len(s.past.touched) < 10 {
		t.Errorf("%d older messages take %d bytes", len(s.past.touched), s.past.touchedCost)
	}
	if r := restored(t, s); r.past.recentCost != s.past.recentCost || r.past.touchedCost != s.past.touchedCost {
		t.Error("a restart counts other costs")
	}
}

// TestABaseThatNoPostCanBeIsNoBase: what stands in a Base goes into the state,
// so a broken gateway must not make it grow or break.
func TestABaseThatNoPostCanBeIsNoBase(t *testing.T) {
	s := founded(t)
	for i := range recentMax + 1 {
		took(t, only(t, fold(s, 1, posting("ada", idOf(1, i), "x", 0))))
	}
	sound := func() *outcryv1.Message {
		return &outcryv1.Message{Room: "pit", Seq: 3, ChangeSeq: 3, Kind: outcryv1.MessageKind_MESSAGE_KIND_POST, User: "ada"}
	}
	for name, spoil := range map[string]func(*outcryv1.Message){
		"another room":    func(m *outcryv1.Message) { m.Room = "other" },
		"no user":         func(m *outcryv1.Message) { m.User = "" },
		"changed later":   func(m *outcryv1.Message) { m.ChangeSeq = 400 },
		"changed before":  func(m *outcryv1.Message) { m.ChangeSeq = 2 },
		"too much text":   func(m *outcryv1.Message) { m.Text = &outcryv1.Text{Data: make([]byte, MaxText+1)} },
		"half an id":      func(m *outcryv1.Message) { m.ClientMsgId = []byte("half") },
		"too many links":  func(m *outcryv1.Message) { m.AlsoRepliesTo = make([]uint64, repliesMax+1) },
		"no reaction":     func(m *outcryv1.Message) { m.Reactions = []*outcryv1.Reaction{nil} },
		"nobody reacted":  func(m *outcryv1.Message) { m.Reactions = []*outcryv1.Reaction{{Emoji: "x"}} },
		"users unordered": func(m *outcryv1.Message) { m.Reactions = []*outcryv1.Reaction{{Emoji: "x", Users: []string{"b", "a"}}} },
		"too many emoji":  func(m *outcryv1.Message) { m.Reactions = make([]*outcryv1.Reaction, emojiMax+1) },
	} {
		m := sound()
		spoil(m)
		in := reacting("bob", idOf(2, len(name)), 3, "👍", false)
		in.Base = &outcryv1.Base{Message: m, AsOfSeq: 399}
		if o := only(t, fold(s, 1, in)); o.Code != outcryv1.ErrorCode_ERROR_CODE_STALE_BASE {
			t.Errorf("%s: decided %v", name, o)
		}
	}
	in := reacting("bob", idOf(3, 0), 3, "👍", false)
	in.Base = &outcryv1.Base{Message: sound(), AsOfSeq: 399}
	took(t, only(t, fold(s, 1, in)))
}

func imported(seq uint64, replies ...uint64) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{User: "anna", SourceSeq: seq, Input: &outcryv1.RoomInput_Imported{Imported: &outcryv1.Imported{
		Kind: outcryv1.MessageKind_MESSAGE_KIND_POST, Text: textOf("x"), RepliesToSourceSeq: replies}}}
}

func bring(s *State, epoch string, inputs ...*outcryv1.RoomInput) *Facts {
	out := &Facts{}
	s.Fold(&events.Header{Source: "file", Epoch: epoch, IngestTime: at0 * 1e6}, &outcryv1.RoomGroup{Room: "pit", Inputs: inputs}, out)
	return out
}

// TestManyArchivesAreEachKnownAgain: importing a folder of files twice must
// change nothing, though only 16 of them are remembered line by line.
func TestManyArchivesAreEachKnownAgain(t *testing.T) {
	s := New("pit")
	for range 2 {
		for i := range 100 {
			bring(s, fmt.Sprint(i), imported(1), imported(2))
		}
		s = restored(t, s)
	}
	if s.Head() != 200 || len(s.sources.hot) != hotMax {
		t.Errorf("head %d, %d exact sources", s.Head(), len(s.sources.hot))
	}
	f := bring(s, "0", imported(2), imported(3))
	code(t, outcryv1.ErrorCode_ERROR_CODE_TOO_OLD, f.Outcomes[0])
	took(t, f.Outcomes[1])
	code(t, outcryv1.ErrorCode_ERROR_CODE_TOO_OLD, only(t, bring(s, "0", imported(1))))

	for i := range coldMax + hotMax + 2 {
		bring(s, fmt.Sprint("more", i), imported(1))
	}
	if len(s.sources.cold) != coldMax {
		t.Errorf("%d sources of which only the highest sequence is kept", len(s.sources.cold))
	}
	restored(t, s)
}

// TestAnswersReachBackAsFarAsSaid: an archive's answers to any of its newest
// 8,192 lines must find them, whatever order they came in.
func TestAnswersReachBackAsFarAsSaid(t *testing.T) {
	s := New("pit")
	const lines = linksMax + 2*linksSlack + 10
	for seq := uint64(1); seq <= lines; seq++ {
		if seq%1000 == 500 {
			seq++ // 500, 1500, ... come late
		}
		bring(s, "a", imported(seq))
	}
	late := only(t, bring(s, "a", imported(11_500)))
	took(t, late)
	s = restored(t, s)
	f := bring(s, "a", imported(lines+1, 11_500, lines-8000), imported(lines+2, 1))
	answer := f.Items[0]
	if answer.ReplyTo != late.Seq || len(answer.AlsoRepliesTo) != 1 || f.Unresolved != 1 || f.Items[1].ReplyTo != 0 {
		t.Errorf("answers %d and %v, then %d, unresolved %d", answer.ReplyTo, answer.AlsoRepliesTo, f.Items[1].ReplyTo, f.Unresolved)
	}
	many := make([]uint64, repliesMax+5)
	for i := range many {
		many[i] = lines - uint64(i)
	}
	f = bring(s, "a", imported(lines+3, many...))
	if n := len(f.Items[0].AlsoRepliesTo); n > repliesMax-1 || f.Unresolved < 5 {
		t.Errorf("answers %d more, unresolved %d", n, f.Unresolved)
	}
}

// TestEveryReasonHasACode: a refusal without a code or a text would leave its
// reader with nothing.
func TestEveryReasonHasACode(t *testing.T) {
	for why := reason(1); why < reasonsEnd; why++ {
		if r := refusals[why]; r.code == 0 || r.text == "" {
			t.Errorf("reason %d: %v", why, r)
		}
	}
}

// TestNothingMalformedPanics: one bad input must cost itself, never a room.
func TestNothingMalformedPanics(t *testing.T) {
	s := founded(t)
	id := idOf(1, 1)
	for _, in := range []*outcryv1.RoomInput{
		nil, {}, {User: "ada"}, {User: "ada", ClientMsgId: id}, {User: "ada", ClientMsgId: id[:15], Input: &outcryv1.RoomInput_Join{}},
		{User: "ada", ClientMsgId: bytes.Repeat([]byte{0x44}, 16), Input: &outcryv1.RoomInput_Join{}},
		{User: "ada\xff", ClientMsgId: id, Input: &outcryv1.RoomInput_Join{}}, {User: strings.Repeat("a", maxUser+1), ClientMsgId: id, Input: &outcryv1.RoomInput_Join{}},
		{User: "ada", ClientMsgId: idOf(2, 1), Input: &outcryv1.RoomInput_Post{}}, {User: "ada", ClientMsgId: idOf(2, 2), Input: &outcryv1.RoomInput_Post{Post: &outcryv1.Post{}}},
		{User: "ada", ClientMsgId: idOf(2, 3), Input: &outcryv1.RoomInput_React{}},
		{User: "ada", ClientMsgId: idOf(2, 4), Input: &outcryv1.RoomInput_Settings{Settings: &outcryv1.RoomSettings{Title: "\xff"}}},
		{User: "ada", Input: &outcryv1.RoomInput_Imported{Imported: &outcryv1.Imported{}}},
	} {
		code(t, outcryv1.ErrorCode_ERROR_CODE_INVALID, only(t, fold(s, 1, in)))
	}
	for _, in := range []*outcryv1.RoomInput{
		{User: "ada", ClientMsgId: idOf(2, 5), Input: &outcryv1.RoomInput_Edit{}}, {User: "ada", ClientMsgId: idOf(2, 6), Input: &outcryv1.RoomInput_Delete{}},
	} {
		code(t, outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE, only(t, fold(s, 1, in)))
	}
}

// TestTheClockRisesWithEveryChange: rows are replaced by the clock, so two
// changes of one moment, or a clock that went back, would lose one of them.
func TestTheClockRisesWithEveryChange(t *testing.T) {
	s := founded(t)
	before := s.View().ClockUs
	for i, ms := range []int{5, 5, 1, 9} {
		f := fold(s, ms, posting("ada", idOf(0, 2*i+1), "x", 0), posting("ada", idOf(0, 2*i+2), "y", 0))
		for _, m := range f.Items {
			if m.ClockUs <= before {
				t.Errorf("clock %d after %d", m.ClockUs, before)
			}
			before = m.ClockUs
		}
	}
	if want := int64(at0+9)*1000 + 1; before != want {
		t.Errorf("clock %d, want %d, near the time of the record", before, want)
	}
}
