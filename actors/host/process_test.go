package host

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"outcry/actors/room"
	"outcry/events"
)

func ask(t *testing.T, h *Host, kind events.Kind, entity string, m any) any {
	t.Helper()
	answer, err := h.system.Root.RequestFuture(h.PID(kind, entity), m, 5*time.Second).Result()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// A room must be reachable like any actor, or nothing else on the floor could talk to it.
func TestRequestToAnEntityRunsInItsShard(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	folded(t, h, b.say("x", "pit"))
	unknown := &AskRoom{Fn: func(s *room.State) any { return s == nil }}
	if got := ask(t, h, events.Room, "nobody", unknown); got != true {
		t.Errorf("an unknown room answers %v", got)
	}
	if err, _ := ask(t, h, events.Room, "pit", "what?").(error); !errors.Is(err, ErrUnknownMessage) {
		t.Errorf("an unknown message is answered with %v", err)
	}
	if err, _ := ask(t, h, events.Instrument, "X", unknown).(error); !errors.Is(err, ErrUnknownMessage) {
		t.Errorf("a message for the other kind is answered with %v", err)
	}
	oops := &AskRoom{Fn: func(*room.State) any { panic("oops") }}
	if err, _ := ask(t, h, events.Room, "pit", oops).(error); err == nil {
		t.Error("a panic was answered with no error")
	}
	if a, b := h.PID(events.Room, "pit"), h.PID(events.Room, "pit"); !a.Equal(b) || a.Id != "room/pit" {
		t.Errorf("two ids of one room: %v, %v", a, b)
	}
	pid := h.PID(events.Room, "pit")
	b.stop(t, h)
	future := h.system.Root.RequestFuture(pid, unknown, 5*time.Second)
	if got, err := future.Result(); err != nil || got != ErrStopped {
		t.Errorf("after the end: %v, %v", got, err)
	}
}

// Asking for many entities once must not fill the registry for ever, nor cut old ids off.
func TestProcessIdsAreBoundedAndStayUsable(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	first := h.PID(events.Room, "first")
	nil1 := &AskRoom{Fn: func(*room.State) any { return "here" }}
	h.system.Root.Send(first, nil1) // caches its process
	for i := range maxFacades + 10 {
		h.PID(events.Room, fmt.Sprint("r", i))
	}
	if _, there := h.system.ProcessRegistry.GetLocal("room/first"); there {
		t.Error("the oldest process is still registered")
	}
	got, err := h.system.Root.RequestFuture(first, nil1, 5*time.Second).Result()
	if err != nil || got != "here" {
		t.Errorf("an id in use answers %v, %v", got, err)
	}
	if got := ask(t, h, events.Room, "first", nil1); got != "here" {
		t.Errorf("asked for anew: %v", got)
	}
}

// A caller who gave up must not find its variables written to afterwards.
func TestQueryOfACallerWhoGaveUpDoesNotRun(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	box, err := h.box(events.Room, 0)
	if err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	box.tell(task(func(*shardActor) { <-hold }))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.query(ctx, events.Room, "pit", func(state) { t.Error("the query ran") }); !errors.Is(err, context.Canceled) {
		t.Errorf("the query says %v", err)
	}
	close(hold)
	folded(t, h, b.say("x", "pit"))
}

// Unbounded questions would be unbounded memory.
func TestTooManyQuestionsAreRefused(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	far := events.Position{Kind: events.Room, Offset: 1 << 40}
	refusals := make(chan error, maxQuestions+2)
	for range maxQuestions + 1 {
		h.AwaitFolded(far, func(_ Counts, err error) { refusals <- err })
	}
	if err := <-refusals; !errors.Is(err, ErrBusy) {
		t.Errorf("one question too many: %v", err)
	}
	b.stop(t, h)
	for range maxQuestions {
		if err := <-refusals; !errors.Is(err, ErrStopped) {
			t.Fatalf("at the end: %v", err)
		}
	}
}
