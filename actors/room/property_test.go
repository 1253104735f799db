package room

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// TestRoomDecidesAsOneThatForgetsNothing: whatever people do to messages
// however old, with whatever a gateway read of them, a room must never decide
// on a message as it no longer is (a reaction lost, a deleted text back), nor do a
// command twice, nor send people away who came with all that is needed.
func TestRoomDecidesAsOneThatForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pair{t: t, state: New("pit"), model: newModel()}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			p.now += rapid.SampledFrom([]int{0, 1, 700}).Draw(t, "later")
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				p.burst(rapid.SampledFrom([]int{1, 200, 520}).Draw(t, "posts"))
			case 1:
				p.touchMany()
			case 2:
				p.again()
			case 3:
				p.state = restored(t, p.state)
			default:
				p.command(p.draw())
			}
		}
		for _, h := range p.handed {
			if !proto.Equal(h.message, h.copy) {
				t.Fatalf("a message that was handed out changed:\n%v\n%v", h.copy, h.message)
			}
		}
	})
}

// pair drives the room and the model side by side.
type pair struct {
	t      *rapid.T
	state  *State
	model  *model
	now, n int
	asked  []*outcryv1.RoomInput
	handed []struct{ message, copy *outcryv1.Message }
}

func (p *pair) id() []byte {
	p.n++
	return idOf(p.now, p.n)
}

func (p *pair) burst(posts int) {
	for range posts {
		p.command(posting("ada", p.id(), "so much to say", 0))
	}
}

// touchMany reacts to many messages, oldest first, with what the store has now.
func (p *pair) touchMany() {
	for seq := uint64(1); seq <= min(p.model.head, 300); seq++ {
		in := reacting("bob", p.id(), seq, "👍", false)
		in.Base = p.base(seq, p.model.head)
		p.command(in)
	}
}

// base is what a gateway reads when the store has all changes up to asOf.
func (p *pair) base(seq, asOf uint64) *outcryv1.Base {
	m := p.model.asOf(seq, asOf)
	if m == nil {
		return nil
	}
	return &outcryv1.Base{Message: clone(m), AsOfSeq: asOf}
}

func (p *pair) draw() *outcryv1.RoomInput {
	user, id := rapid.SampledFrom([]string{"ada", "ada", "bob", "cyd"}).Draw(p.t, "user"), p.id()
	seq := rapid.Uint64Range(0, p.model.head+1).Draw(p.t, "seq")
	var in *outcryv1.RoomInput
	switch rapid.IntRange(0, 9).Draw(p.t, "kind") {
	case 0, 1:
		return joining(user, id)
	case 2:
		return leaving(user, id)
	case 3, 4:
		in = posting(user, id, "an answer", seq)
	case 5:
		in = editing(user, id, seq, fmt.Sprint("edit ", p.n))
	case 6:
		in = deleting(user, id, seq)
	default:
		in = reacting(user, id, seq, rapid.SampledFrom([]string{"👍", "🦊"}).Draw(p.t, "emoji"), rapid.Bool().Draw(p.t, "remove"))
	}
	if rapid.Bool().Draw(p.t, "based") {
		asOf := p.model.head
		if rapid.Bool().Draw(p.t, "late") {
			asOf = rapid.Uint64Range(0, p.model.head).Draw(p.t, "asOf")
		}
		in.Base = p.base(seq, asOf)
	}
	return in
}

// command folds a command of an id that is new.
func (p *pair) command(in *outcryv1.RoomInput) {
	p.asked = append(p.asked, in)
	f := fold(p.state, p.now, in)
	got := only(p.t, f)
	if got.Code == outcryv1.ErrorCode_ERROR_CODE_STALE_BASE {
		p.mayBeStale(in)
		p.remember(in, got)
		return
	}
	want := p.model.decide(in)
	if in.GetJoin() != nil && want.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE {
		want.Seq = got.Seq // the model does not know when it was
	}
	want.Text = got.Text
	if got != want {
		p.t.Fatalf("%v\ndecided %v, want %v", in, got, want)
	}
	p.compare(f)
	if want.Code != outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM {
		p.remember(in, want)
	}
}

func (p *pair) remember(in *outcryv1.RoomInput, o Outcome) {
	p.model.commands++
	p.model.told[in.User+string(in.ClientMsgId)] = &modelCommand{in: in, outcome: o, nth: p.model.commands}
}

// mayBeStale fails where a command came with all that was needed.
func (p *pair) mayBeStale(in *outcryv1.RoomInput) {
	target := max(in.GetPost().GetReplyTo(), in.GetEdit().GetTargetSeq(), in.GetDelete().GetTargetSeq(), in.GetReact().GetTargetSeq())
	if target+recentMax > p.model.head {
		p.t.Fatalf("message %d of %d is not older than the recent ones", target, p.model.head)
	}
	if in.Base != nil && (in.Base.AsOfSeq == p.model.head || in.GetPost() != nil) {
		p.t.Fatalf("the base as of %d lacks nothing at %d", in.Base.AsOfSeq, p.model.head)
	}
}

// compare checks that every row is the message as it is.
func (p *pair) compare(f *Facts) {
	for _, m := range f.Rows {
		want := clone(p.model.now(m.Seq))
		want.ClockUs, want.EditedUs, want.Role = m.ClockUs, m.EditedUs, m.Role
		if m.Kind == outcryv1.MessageKind_MESSAGE_KIND_EDIT && m.Deleted {
			continue // an edit of what is deleted now; the model keeps its text
		}
		if diff := cmp.Diff(want, m, protocmp.Transform()); diff != "" {
			p.t.Fatalf("message %d: %s", m.Seq, diff)
		}
		p.handed = append(p.handed, struct{ message, copy *outcryv1.Message }{m, clone(m)})
	}
	if p.state.Head() != p.model.head || int(p.state.View().Members) != len(p.model.members) {
		p.t.Fatalf("head %d and %d members, want %d and %d", p.state.Head(), p.state.View().Members, p.model.head, len(p.model.members))
	}
}

// again sends something once more, perhaps with another body.
func (p *pair) again() {
	if len(p.asked) == 0 {
		return
	}
	in := proto.Clone(rapid.SampledFrom(p.asked).Draw(p.t, "which")).(*outcryv1.RoomInput)
	known := p.model.told[in.User+string(in.ClientMsgId)]
	if known == nil || known.outcome.Code == outcryv1.ErrorCode_ERROR_CODE_STALE_BASE {
		return // it may be decided anew
	}
	if in.GetPost() != nil && rapid.Bool().Draw(p.t, "other") {
		in.GetPost().Text = textOf("not what it was")
		known = &modelCommand{outcome: p.model.refuse(outcryv1.ErrorCode_ERROR_CODE_CONFLICT), nth: known.nth}
	}
	in.Base = nil
	f := fold(p.state, p.now, in)
	got, want := only(p.t, f), known.outcome
	if want.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
		want.Kind = outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE
	}
	if known.nth <= p.model.commands-idsMax {
		want = p.model.refuse(outcryv1.ErrorCode_ERROR_CODE_TOO_OLD)
	}
	want.Text = got.Text
	if got != want || len(f.Rows)+len(f.Members) > 0 {
		p.t.Fatalf("%v\nsent again gave %v and %d rows, want %v", in, got, len(f.Rows), want)
	}
	if told, _ := p.state.Outcome(in.User, in.ClientMsgId); told != got {
		p.t.Fatalf("asked for later, %v was %v", got, told)
	}
}

// TestRestoreAnywhereChangesNothing: after a restart from any snapshot, hashes
// and facts must be those of the server that never stopped, or standbys and
// replays would disagree with the owner. Nor may the state see what becomes of a
// record's memory after the fold.
func TestRestoreAnywhereChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, parts := New("pit"), New("pit")
		n := 0
		for range rapid.IntRange(1, 30).Draw(t, "groups") {
			h := headerAt(n)
			h.Source = rapid.SampledFrom([]string{"gateway", "b", "c"}).Draw(t, "source")
			g, lent := &outcryv1.RoomGroup{Room: "pit"}, lender{}
			for range rapid.IntRange(1, 5).Draw(t, "inputs") {
				n++
				in := drawInput(t, whole, h.Source, n)
				g.Inputs = append(g.Inputs, in)
			}
			var want, got Facts
			whole.Fold(h, g, &want)
			parts.Fold(h, lent.group(g), &got)
			lent.poison()
			if diff := cmp.Diff(&want, &got, protocmp.Transform(), cmp.AllowUnexported(Facts{}), ignoreBytes); diff != "" {
				t.Fatalf("facts differ: %s", diff)
			}
			if rapid.Bool().Draw(t, "restore") {
				parts = restored(t, parts)
			}
			if a, b := whole.Snapshot(nil), parts.Snapshot(nil); whole.Hash() != parts.Hash() || !slices.Equal(a, b) {
				t.Fatalf("hashes %s and %s, snapshots\n%x\n%x", whole.Hash(), parts.Hash(), a, b)
			}
		}
	})
}

var ignoreBytes = cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "bytes" }, cmp.Ignore())

// drawInput draws anything that can be asked of a room or told of it.
func drawInput(t *rapid.T, s *State, source string, n int) *outcryv1.RoomInput {
	user := rapid.SampledFrom([]string{"ada", "bob", "cyd"}).Draw(t, "user")
	if source != "gateway" {
		kinds := []outcryv1.MessageKind{outcryv1.MessageKind_MESSAGE_KIND_POST, outcryv1.MessageKind_MESSAGE_KIND_JOIN,
			outcryv1.MessageKind_MESSAGE_KIND_LEAVE, outcryv1.MessageKind_MESSAGE_KIND_RENAME}
		return &outcryv1.RoomInput{User: user, SourceSeq: rapid.Uint64Range(0, 30).Draw(t, "source seq"), Input: &outcryv1.RoomInput_Imported{
			Imported: &outcryv1.Imported{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Text: textOf(rapid.SampledFrom([]string{"dan", "eve", "bob"}).Draw(t, "name")),
				RepliesToSourceSeq: rapid.SliceOfN(rapid.Uint64Range(0, 30), 0, 3).Draw(t, "replies")}}}
	}
	id, seq := idOf(n, rapid.IntRange(0, 1).Draw(t, "id")*n), rapid.Uint64Range(0, s.Head()+1).Draw(t, "seq")
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 7:
		in := moderating(user, id, rapid.SampledFrom([]string{"kick", "ban", "unban", "add"}).Draw(t, "action"), rapid.SampledFrom([]string{"ada", "bob", "cyd"}).Draw(t, "whom"))
		in.Staff = rapid.Bool().Draw(t, "staff")
		return in
	case 0:
		return joining(user, id)
	case 1:
		return leaving(user, id)
	case 2:
		return editing(user, id, seq, "edited")
	case 3:
		return deleting(user, id, seq)
	case 4:
		return reacting(user, id, seq, rapid.SampledFrom([]string{"👍", "🦊"}).Draw(t, "emoji"), rapid.Bool().Draw(t, "remove"))
	case 5:
		return setting(user, id, &outcryv1.RoomSettings{Title: "Pit", Topic: "talk", MaxCharacters: 100, Private: rapid.Bool().Draw(t, "private")})
	}
	return posting(user, id, "hello", seq)
}

// lender gives memory that it takes back, as a careless decoder would.
type lender struct{ lent [][]byte }

func (l *lender) bytes(b []byte) []byte {
	l.lent = append(l.lent, slices.Clone(b))
	return l.lent[len(l.lent)-1]
}

func (l *lender) text(s string) string {
	b := l.bytes([]byte(s))
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// group is g in lent memory.
func (l *lender) group(g *outcryv1.RoomGroup) *outcryv1.RoomGroup {
	c := proto.Clone(g).(*outcryv1.RoomGroup)
	for _, in := range c.Inputs {
		in.User, in.ClientMsgId = l.text(in.User), l.bytes(in.ClientMsgId)
		for _, t := range []*outcryv1.Text{in.GetPost().GetText(), in.GetEdit().GetText(), in.GetImported().GetText()} {
			if t != nil {
				t.Data = l.bytes(t.Data)
			}
		}
		if r := in.GetReact(); r != nil {
			r.Emoji = l.text(r.Emoji)
		}
		if s := in.GetSettings(); s != nil {
			s.Title, s.Topic = l.text(s.Title), l.text(s.Topic)
		}
		if m := in.GetModerate(); m != nil {
			m.User = l.text(m.User)
		}
	}
	return c
}

func (l *lender) poison() {
	for _, b := range l.lent {
		for i := range b {
			b[i] = '!'
		}
	}
}
