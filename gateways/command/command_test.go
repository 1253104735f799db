package command

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	overload      = outcryv1.ErrorCode_ERROR_CODE_OVERLOADED
	unknownFate   = outcryv1.ErrorCode_ERROR_CODE_OUTCOME_UNKNOWN
	resendInOrder = outcryv1.ErrorCode_ERROR_CODE_RESEND_IN_ORDER
)

// TestACommandIsAnsweredWithWhatTheRoomDecided: people must learn the seq of
// what they said, learn it again when they ask again, and why where it was refused.
func TestACommandIsAnsweredWithWhatTheRoomDecided(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.Session("ada")
		b.refused(b.ask(s, b.post("anybody?", 0)), outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM)
		b.accepted(b.ask(s, b.join("pit")))
		post := b.post("3 ツ", 0)
		if seq := b.accepted(b.ask(s, post)); seq != 2 {
			t.Errorf("seq %d", seq)
		}
		in := b.inputs[len(b.inputs)-1]
		if in.GetPost().Text.Characters != 3 || in.EventTimeNs != time.Now().UnixNano() || in.User != "ada" {
			t.Errorf("appended %v", in)
		}
		again := <-b.ask(b.Session("ada"), post)
		if again.Outcome != outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE || again.Seq != 2 || !bytes.Equal(again.ClientMsgId, post.ClientMsgId) || again.Room != "pit" {
			t.Errorf("sent again, answered %v", again)
		}
		other := proto.Clone(post).(*outcryv1.Command)
		other.GetPost().Text.Data = []byte("something else")
		b.refused(b.ask(s, other), outcryv1.ErrorCode_ERROR_CODE_CONFLICT)
		a, err := b.SubmitWait(b.t.Context(), "bob", false, b.post("let me in", 0))
		if err != nil || a.Error.GetCode() != outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER || a.Error.Retry != outcryv1.Retry_RETRY_NEVER {
			t.Errorf("answered %v, %v", a, err)
		}
	})
}

// TestWhatIsWrongIsRefusedBeforeItIsAppended: a bad command must be told what
// is wrong with it, and cost the log nothing.
func TestWhatIsWrongIsRefusedBeforeItIsAppended(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		cases := map[string]struct {
			spoil func(c *outcryv1.Command)
			code  outcryv1.ErrorCode
		}{
			"nothing":          {func(c *outcryv1.Command) { proto.Reset(c) }, 2},
			"room":             {func(c *outcryv1.Command) { c.Room = "the pit" }, 2},
			"no id":            {func(c *outcryv1.Command) { c.ClientMsgId = nil }, 2},
			"another version":  {func(c *outcryv1.Command) { c.ClientMsgId[6] = 0x40 }, 2},
			"of the future":    {func(c *outcryv1.Command) { c.ClientMsgId = idAt(time.Now().Add(61*time.Second), 1) }, 2},
			"no command":       {func(c *outcryv1.Command) { c.Command = nil }, 2},
			"no post":          {func(c *outcryv1.Command) { c.Command = &outcryv1.Command_Post{} }, 2},
			"no text":          {func(c *outcryv1.Command) { c.GetPost().Text = nil }, 2},
			"empty text":       {func(c *outcryv1.Command) { c.GetPost().Text.Data = nil }, 2},
			"not UTF-8":        {func(c *outcryv1.Command) { c.GetPost().Text.Data = []byte("\xff") }, 2},
			"a key":            {func(c *outcryv1.Command) { c.GetPost().Text.KeyId = 1 }, 2},
			"bytes":            {func(c *outcryv1.Command) { c.GetPost().Text.Data = bytes.Repeat([]byte("ツ"), room.MaxText/3+1) }, 3},
			"characters":       {func(c *outcryv1.Command) { c.GetPost().Text.Data = bytes.Repeat([]byte("x"), room.MaxCharacters+1) }, 3},
			"edit":             {func(c *outcryv1.Command) { c.Command = &outcryv1.Command_Edit{} }, 2},
			"emoji":            {func(c *outcryv1.Command) { c.Command = &outcryv1.Command_React{React: &outcryv1.React{TargetSeq: 1}} }, 2},
			"title":            {settings(func(s *outcryv1.RoomSettings) { s.Title = strings.Repeat("x", room.MaxTitle+1) }), 2},
			"topic":            {settings(func(s *outcryv1.RoomSettings) { s.Topic = "\xff" }), 2},
			"limit":            {settings(func(s *outcryv1.RoomSettings) { s.MaxCharacters = room.MaxCharacters + 1 }), 2},
			"just not so late": {func(c *outcryv1.Command) { c.ClientMsgId = idAt(time.Now().Add(60*time.Second), 1) }, 5},
			"deleting nothing": {func(c *outcryv1.Command) { c.Command = &outcryv1.Command_Delete{} }, 5},
		}
		s := b.Session("ada")
		for name, c := range cases {
			command := b.post("x", 0)
			c.spoil(command)
			before := len(b.inputs)
			a := <-b.ask(s, command)
			if a.GetError().GetCode() != c.code || (len(b.inputs) > before) != (c.code == 5) {
				t.Errorf("%s: answered %v, appended %d", name, a, len(b.inputs)-before)
			}
		}
		b.refused(b.ask(b.Session("a d a"), b.join("pit")), outcryv1.ErrorCode_ERROR_CODE_INVALID)
		b.refused(b.ask(s, nil), outcryv1.ErrorCode_ERROR_CODE_INVALID)
	})
}

func settings(spoil func(*outcryv1.RoomSettings)) func(*outcryv1.Command) {
	return func(c *outcryv1.Command) {
		s := &outcryv1.RoomSettings{}
		spoil(s)
		c.Command = &outcryv1.Command_Settings{Settings: s}
	}
}

// TestAFateNotKnownInTimeIsSaid: a client must not wait for ever for a log
// that stands still; sent again, the command is not done twice.
func TestAFateNotKnownInTimeIsSaid(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(0)
		goOn := b.hold()
		post, start := b.post("x", 0), time.Now()
		a := b.refused(b.ask(s, post), unknownFate)
		if waited := time.Since(start); waited != 5*time.Second || a.Error.Retry != outcryv1.Retry_RETRY_RESEND_SAME_ID {
			t.Errorf("answered %v after %s", a, waited)
		}
		again := b.ask(s, post)
		goOn()
		if a := <-again; a.Outcome != outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE || a.Seq != 2 {
			t.Errorf("sent again, answered %v", a)
		}

		b.set(func() { b.answers = errors.New("the shard is stopping") })
		b.refused(b.ask(s, b.post("y", 0)), unknownFate)
	})
}

// TestWhatNeverReachedTheLogWasNotDone: while the log takes nothing, commands
// must end as not done, and one that ended must not be done later after all.
func TestWhatNeverReachedTheLogWasNotDone(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(0)
		b.set(func() { b.full = true })
		first, second := b.ask(s, b.post("stuck in the log's door", 0)), b.ask(s, b.post("behind it", 0))
		b.refused(first, unknownFate)
		b.refused(second, overload)
	})
}

// TestTooManyCommandsAreRefusedAtOnce: one client, or all together, must not
// fill the memory of the server; the others' commands go on.
func TestTooManyCommandsAreRefusedAtOnce(t *testing.T) {
	inBed(t, Limits{UnderWay: 6, PerSession: 3, Rooms: 2}, func(b *bed) {
		s := b.founded(0)
		goOn := b.hold()
		var waiting []<-chan *outcryv1.Answer
		ask := func(s *Session) { waiting = append(waiting, b.ask(s, b.post("x", 0))) }
		for range 3 {
			ask(s)
		}
		a := b.refused(b.ask(s, b.post("x", 0)), overload)
		if a.Error.RetryAfterMs == 0 {
			t.Errorf("%v does not say when to try again", a)
		}
		other := b.Session("ada")
		for range 3 {
			ask(other)
		}
		b.refused(b.ask(b.Session("ada"), b.post("x", 0)), overload)
		synctest.Wait()
		goOn()
		for _, w := range waiting {
			b.accepted(w)
		}
		b.accepted(b.ask(s, b.post("x", 0)))

		goOn = b.hold()
		one, two := b.ask(s, b.join("one")), b.ask(s, b.join("two"))
		b.refused(b.ask(s, b.join("three")), overload)
		goOn()
		b.accepted(one)
		b.accepted(two)
		b.accepted(b.ask(s, b.join("three")))
		if len(s.lanes) != 0 || b.underWay.Load() != 0 {
			t.Errorf("%d rooms and %d commands are still remembered", len(s.lanes), b.underWay.Load())
		}
	})
}

// TestAnIDUnderWayIsOneCommand: an id used for two things at once must not let
// the first one's sender believe that it was refused.
func TestAnIDUnderWayIsOneCommand(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(0)
		goOn := b.hold()
		post := b.post("x", 0)
		first, again := b.ask(s, post), b.ask(s, post)
		other := proto.Clone(post).(*outcryv1.Command)
		other.GetPost().Text.Data = []byte("y")
		b.refused(b.ask(s, other), outcryv1.ErrorCode_ERROR_CODE_CONFLICT)
		goOn()
		b.accepted(first)
		if a := <-again; a.Outcome != outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE {
			t.Errorf("answered %v", a)
		}
	})
}

// TestAfterAFailedAppendOrderIsKept: what somebody says after a message that
// failed must not stand before it.
func TestAfterAFailedAppendOrderIsKept(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(0)
		one, two, three := b.post("one", 0), b.post("two", 0), b.post("three", 0)
		b.set(func() { b.failing = errors.New("the disk is gone") })
		first, second := b.ask(s, one), b.ask(s, two)
		b.refused(first, unknownFate)
		b.refused(second, unknownFate)
		b.set(func() { b.failing = nil })

		b.refused(b.ask(s, three), resendInOrder)
		b.refused(b.ask(s, two), resendInOrder)
		b.accepted(b.ask(s, b.join("elsewhere")))
		b.accepted(b.ask(b.Session("ada"), b.post("from another window", 0)))

		b.set(func() { b.failing = errors.New("still gone") })
		b.refused(b.ask(s, one), unknownFate)
		b.set(func() { b.failing = nil })
		b.refused(b.ask(s, two), resendInOrder)
		seq := b.accepted(b.ask(s, one))
		if next := b.accepted(b.ask(s, two)); next != seq+1 {
			t.Errorf("seq %d after %d", next, seq)
		}
		b.accepted(b.ask(s, three))
		if len(s.lanes) != 0 {
			t.Errorf("%d rooms are still remembered", len(s.lanes))
		}
	})
}

// TestAFailureThatWasRefusedIsOver: a session must not be shut out of a room
// for ever because what it has to send again is refused.
func TestAFailureThatWasRefusedIsOver(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(0)
		bad := b.edit(1, "a join can't be edited")
		b.set(func() { b.failing = errors.New("the disk is gone") })
		waiting, behind := b.ask(s, bad), b.ask(s, b.post("behind it", 0))
		b.refused(behind, resendInOrder)
		b.refused(waiting, unknownFate)
		b.set(func() { b.failing = nil })
		b.refused(b.ask(s, bad), outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE)
		b.accepted(b.ask(s, b.post("now", 0)))
	})
}

// TestWaitingCanBeGivenUp: an HTTP call that ends must not keep its goroutine.
func TestWaitingCanBeGivenUp(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		b.founded(0)
		goOn := b.hold()
		defer goOn()
		ctx, cancel := context.WithTimeout(b.t.Context(), time.Second)
		defer cancel()
		a, err := b.SubmitWait(ctx, "ada", false, b.post("x", 0))
		if a != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answered %v, %v", a, err)
		}
	})
}
