package main

import (
	"testing"
	"time"
)

// If counting is wrong where nothing happens, no test of a fault says anything.
func TestTheTapeAddsUpWhereNothingHappens(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engineSet) {
		s := newServerOn(t, e)
		p := playTape(t, s.client(), "QUIET")
		w := watchPushes(t, s.url, p)
		ch := chat(t, s.client(), "floor")
		time.Sleep(3 * time.Second) // the length of the tape
		p.caughtUp(10 * time.Second)
		ch.stop()
		p.stop()
		w.stop()
		t.Logf("pushes: %+v; %d requests sent again, %d posts", w.take(), p.resent.Load(), len(ch.acknowledged()))
		p.check("server", byServer{s})
		ch.check(0)
		s.run("replay", "--data", s.data, "--verify")
		rowsOf(t, s, p)
	})
}
