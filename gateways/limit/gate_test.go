package limit

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// line is who came in, in order, and when.
type line struct {
	mu  sync.Mutex
	who []string
	at  []time.Time
}

func (l *line) admit(who string) func(time.Time) {
	return func(now time.Time) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.who, l.at = append(l.who, who), append(l.at, now)
	}
}

// enter comes in at once, waits, or is told when to come again.
func (l *line) enter(g *Gate, who string, resuming bool) (t *Ticket, again time.Duration) {
	t, again = g.Enter(resuming, l.admit(who))
	if t == nil && again == 0 {
		l.admit(who)(time.Now())
	}
	return t, again
}

// Breaks for users: after a restart those who were connected wait behind those who
// were not, or all come in at once and prices stand still meanwhile.
func TestAStormComesInEvenlyAndThoseWhoResumeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perSecond, each = 1000, 1000
		g, l := NewGate(perSecond, 2*each), &line{}
		begin := time.Now()
		for range each {
			for who, resuming := range map[string]bool{"new": false, "back": true} {
				if _, again := l.enter(g, who, resuming); again > 0 {
					t.Fatalf("%s is to come again in %s", who, again)
				}
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if len(l.who) != 2*each {
			t.Fatalf("%d came in of %d", len(l.who), 2*each)
		}
		back, busiest := 0, 0
		for i, who := range l.who {
			if who == "back" && l.at[i].Sub(begin) <= 1200*time.Millisecond {
				back++
			}
			n := 0
			for j := i; j < len(l.at) && l.at[j].Sub(l.at[i]) < 100*time.Millisecond; j++ {
				n++
			}
			busiest = max(busiest, n)
		}
		if took := l.at[len(l.at)-1].Sub(begin); took < 1800*time.Millisecond || took > 2200*time.Millisecond {
			t.Errorf("%d came in within %s at %d a second", len(l.who), took, perSecond)
		}
		if back < each*95/100 {
			t.Errorf("of %d who resumed %d were in after 1.2 s", each, back)
		}
		if busiest > 2*perSecond/10+10 {
			t.Errorf("%d came in within 100 ms", busiest)
		}
	})
}

// Breaks for users: while others resume for ever, somebody new would never get in.
func TestNewcomersAreNotShutOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := NewGate(100, 1000), &line{}
		for range 500 {
			l.enter(g, "back", true)
		}
		l.enter(g, "new", false)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if place := slices.Index(l.who, "new"); place < 0 || place > 30 {
			t.Errorf("of %d who came in somebody new was number %d", len(l.who), place)
		}
	})
}

// Breaks for users: those who gave up would keep their place, and everybody behind
// them waits for nobody; and without a bound a flood fills the memory.
func TestALineIsBoundedAndMayBeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := NewGate(10, 20), &line{}
		var tickets []*Ticket
		refused := 0
		for range 100 {
			ticket, again := l.enter(g, "gives up", false)
			if again > 0 {
				if refused++; again < time.Second || again > 3*time.Second {
					t.Fatalf("20 wait at 10 a second, and one more is to come again in %s", again)
				}
			}
			if ticket != nil {
				tickets = append(tickets, ticket)
			}
		}
		if len(tickets) != 20 || refused != 79 || len(l.who) != 1 {
			t.Fatalf("%d wait, %d were refused, %d are in", len(tickets), refused, len(l.who))
		}
		for _, ticket := range tickets {
			ticket.Leave()
			ticket.Leave()
		}
		l.enter(g, "stays", false)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if len(l.who) != 2 || l.who[1] != "stays" {
			t.Errorf("came in: %v", l.who)
		}
		(*Ticket)(nil).Leave()
	})
}

// Breaks for users: with the bound off, nobody comes in.
func TestAGateWithoutBoundIsOpen(t *testing.T) {
	l := &line{}
	for _, g := range []*Gate{nil, NewGate(0, 0)} {
		if ticket, again := l.enter(g, "in", false); ticket != nil || again > 0 || g.Spread(1000) != 0 {
			t.Errorf("ticket %v, again in %s", ticket, again)
		}
	}
	if len(l.who) != 2 || NewGate(100, 1).Spread(50) != 500*time.Millisecond {
		t.Errorf("%v", l.who)
	}
}
