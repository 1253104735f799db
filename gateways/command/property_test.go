package command

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// asked is a command and the answers that came.
type asked struct {
	command *outcryv1.Command
	session int
	answers <-chan *outcryv1.Answer
}

// TestEveryCommandIsAnsweredOnceInOrder: whatever the log and the store do, no
// client may wait for ever, be answered twice, be told a seq that is not its
// message, or find what it said in another order.
func TestEveryCommandIsAnsweredOnceInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limits := Limits{PerSession: 20, UnderWay: 30, Readers: 2}
		breaks := rapid.Bool().Draw(rt, "breaks")
		inBed(t, limits, func(b *bed) {
			sessions := []*Session{b.founded(older), b.Session("ada")}
			goOn := func() {}
			var all []asked
			for range rapid.IntRange(1, 40).Draw(rt, "steps") {
				switch step := rapid.IntRange(0, 9).Draw(rt, "step"); {
				case step < 6:
					c := b.post("x", rapid.SampledFrom([]uint64{0, 0, 0, 2, 3, 599}).Draw(rt, "answers"))
					if rapid.IntRange(0, 3).Draw(rt, "edits") == 0 {
						c = b.edit(rapid.Uint64Range(2, 8).Draw(rt, "target"), "edited")
					}
					i := rapid.IntRange(0, 1).Draw(rt, "session")
					all = append(all, asked{c, i, b.ask(sessions[i], c)})
				case step == 6:
					goOn()
					goOn = b.hold()
				case step == 7:
					goOn()
				case step == 8 && breaks:
					err := errors.New("broken")
					b.set(func() { b.failing, b.reading, b.storing = nil, nil, true })
					switch rapid.IntRange(0, 3).Draw(rt, "what") {
					case 0:
						b.set(func() { b.failing = err })
					case 1:
						b.set(func() { b.reading = err })
					case 2:
						b.set(func() { b.storing = false })
					}
				default:
					time.Sleep(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 4 * time.Second}).Draw(rt, "later"))
				}
			}
			time.Sleep(10 * time.Second)
			goOn()
			synctest.Wait()
			b.check(rt, all, breaks)
			for _, s := range sessions {
				if s.underWay != 0 || b.underWay.Load() != 0 || !breaks && len(s.lanes) != 0 {
					rt.Fatalf("%d commands, %d rooms are still remembered", s.underWay, len(s.lanes))
				}
			}
		})
	})
}

// check looks at all answers, which must be there by now.
func (b *bed) check(rt *rapid.T, all []asked, breaks bool) {
	items, first := b.rooms["pit"].Recent(0, 100_000)
	var newest [2]uint64 // seq by session
	for _, k := range all {
		if len(k.answers) != 1 {
			rt.Fatalf("%d answers to %v", len(k.answers), k.command)
		}
		a := <-k.answers
		if a.Error != nil {
			if !breaks && a.Error.Code != unknownFate && a.Error.Code != overload {
				rt.Fatalf("nothing is broken, and %v was answered %v", k.command, a)
			}
			continue
		}
		m := items[a.Seq-first]
		if !bytes.Equal(m.ClientMsgId, k.command.ClientMsgId) {
			rt.Fatalf("%v was answered %v, which is %v", k.command, a, m)
		}
		if a.Seq <= newest[k.session] {
			rt.Fatalf("%v has seq %d, what was said before it %d", k.command, a.Seq, newest[k.session])
		}
		newest[k.session] = a.Seq
	}
}
