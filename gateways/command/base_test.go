package command

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

const older = 600 // posts, so that the first ones are older than a room knows

// TestOldMessagesCanBeChanged: people edit and answer what was said long ago;
// they must not notice that the room has to be told how it is.
func TestOldMessagesCanBeChanged(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(older)
		reply, edit, after := b.ask(s, b.post("that was long ago", 2)), b.ask(s, b.edit(3, "better")), b.ask(s, b.post("as I said", 0))
		if first, second, third := b.accepted(reply), b.accepted(edit), b.accepted(after); first+1 != second || second+1 != third {
			t.Errorf("seqs %d, %d and %d are not in the order of asking", first, second, third)
		}
		m := b.rows["pit"][3]
		if string(m.Text.Data) != "better" || b.reads != 2 {
			t.Errorf("message 3 is %v after %d reads", m, b.reads)
		}
		start := time.Now()
		b.accepted(b.ask(s, b.edit(3, "even better")))
		if b.reads != 2 || time.Since(start) != 0 {
			t.Errorf("%d reads of what the room knows by now", b.reads)
		}
	})
}

// TestAStoreThatIsBehindIsWaitedFor: rows come a moment after decisions, and a
// command in that moment must not fail for it.
func TestAStoreThatIsBehindIsWaitedFor(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(0)
		b.accepted(b.ask(s, b.post("first", 0)))
		b.set(func() { b.storing = false })
		for range older {
			b.accepted(b.ask(s, b.post("so much to say", 0)))
		}
		edit := b.edit(3, "not stored yet")
		start := time.Now()
		a := b.refused(b.ask(s, edit), outcryv1.ErrorCode_ERROR_CODE_STALE_BASE)
		if b.reads != len(pauses) || a.Error.Retry != outcryv1.Retry_RETRY_RESEND_SAME_ID || time.Since(start) >= 5*time.Second {
			t.Errorf("%v after %d reads and %s", a, b.reads, time.Since(start))
		}
		waiting := b.ask(s, edit)
		synctest.Wait()
		b.set(func() {
			b.rows["pit"][3] = &outcryv1.Message{Room: "pit", Seq: 3, ChangeSeq: 3, Kind: outcryv1.MessageKind_MESSAGE_KIND_POST, User: "ada"}
			b.heads["pit"] = 3
		})
		b.accepted(waiting)
	})
}

// TestWhatCannotBeReadIsNotDone: a broken store, or a row that is not kept, must
// be told from a wrong command.
func TestWhatCannotBeReadIsNotDone(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(older)
		edit := b.edit(2, "x")
		b.set(func() { b.reading = errors.New("the disk is gone") })
		b.refused(b.ask(s, edit), outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE)
		b.set(func() { b.reading = nil })
		b.accepted(b.ask(s, edit))
		b.set(func() { b.keptAbove = 5 })
		b.refused(b.ask(s, b.edit(3, "x")), outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE)
	})
}

// TestACommandThatWaitsForAReadEndsInTime: a store that does not answer must
// not keep a client, or those behind it, for ever.
func TestACommandThatWaitsForAReadEndsInTime(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		s := b.founded(older)
		b.set(func() { b.stuck = true })
		start := time.Now()
		edit, behind := b.ask(s, b.edit(2, "x")), b.ask(s, b.post("behind it", 0))
		if a := <-edit; a.Error == nil || !strings.Contains(a.Error.Text, "nothing was done") {
			t.Errorf("answered %v", a)
		}
		b.refused(behind, overload)
		if waited := time.Since(start); waited != 5*time.Second {
			t.Errorf("answered after %s", waited)
		}
		b.set(func() { b.stuck = false })
		b.accepted(b.ask(s, b.post("later", 0)))
	})
}
