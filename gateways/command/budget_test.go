package command

import (
	"testing"
	"time"

	"outcry/gateways/limit"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: one who posts by a script over several connections drowns
// the rooms of all; told to wait, it must get through then, and the same command must be safe.
func TestAUserHasOneBudgetOverAllSessions(t *testing.T) {
	inBed(t, Limits{}, func(b *bed) {
		b.config.Budgets = limit.NewBudgets[string](2, 100)
		s := b.Session("ada")
		b.accepted(b.ask(s, b.join("pit")))
		for range 2*limit.BurstSeconds - 1 {
			b.accepted(b.ask(s, b.post("hello", 0)))
		}
		late, appended := b.post("too much", 0), len(b.inputs)
		for range 3 {
			a := <-b.ask(b.Session("ada"), late)
			if e := a.GetError(); e.GetCode() != outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED || e.GetRetryAfterMs() != 500 || len(b.inputs) != appended {
				t.Fatalf("beyond the budget answered %v", a)
			}
		}
		b.accepted(b.ask(b.Session("bob"), b.join("pit")))
		time.Sleep(500 * time.Millisecond)
		b.accepted(b.ask(s, late))
	})
}
