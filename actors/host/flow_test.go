package host

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// until is a post that sets a deadline.
func until(room string, at int64) *outcryv1.RoomGroup {
	in := post("until")
	in.EventTimeNs = at
	return &outcryv1.RoomGroup{Room: room, Inputs: []*outcryv1.RoomInput{in}}
}

// Without a clock record the bar of a market that fell silent would never close.
func TestDeadlineAppendsOneClockRecordAndAdvances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.now = time.Now().UnixNano()
		c := b.config()
		c.Clocks = logClocks{b.log}
		h := b.start(t, c)
		sink := newSinkLog()
		h.WatchRoom("a", sink)
		<-sink.told
		deadline := time.Now().Add(5 * time.Second)
		b.append(until("b", deadline.UnixNano()), until("a", deadline.UnixNano()), until("c", deadline.Add(time.Hour).UnixNano()))
		<-sink.told // the post
		<-sink.told // the advance
		if late := time.Since(deadline); late < 0 || late > 10*time.Millisecond {
			t.Errorf("advanced %v after the deadline", late)
		}
		synctest.Wait()
		offset, live := hashesOf(t, h)
		if offset != 1 {
			t.Errorf("%d records: two deadlines at one moment need one clock record", offset+1)
		}
		same(t, "replayed", b.replayed(t, offset), live)
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// failingClocks fails so often before it appends.
type failingClocks struct {
	logClocks
	failures int
}

func (c *failingClocks) Clock(kind events.Kind, partition int32, done func(events.Position, error)) {
	if c.failures > 0 {
		c.failures--
		done(events.Position{}, errors.New("the log is full"))
		return
	}
	c.logClocks.Clock(kind, partition, done)
}

// A log that takes no appends for a while must not leave bars open for ever.
func TestClockRecordIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.now = time.Now().UnixNano()
		c := b.config()
		c.Clocks = &failingClocks{logClocks: logClocks{b.log}, failures: 2}
		h := b.start(t, c)
		deadline := time.Now().Add(time.Second)
		b.append(until("a", deadline.UnixNano()))
		folded(t, h, events.Position{Kind: events.Room, Offset: 1})
		if late := time.Since(deadline); late < 2*time.Second || late > 2*time.Second+10*time.Millisecond {
			t.Errorf("appended %v after the deadline", late)
		}
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// Order by id, not by chance: deadlines at the same moment must fall the same way everywhere.
func TestDueEntitiesAdvanceInOrder(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	at := b.now + int64(time.Second)
	b.append(until("c", at), until("a", at), until("b", at-1), until("d", 0))
	b.now = at
	p := b.say("x", "d")
	folded(t, h, p)
	b.stop(t, h)
	var order string
	for _, m := range b.store.rows().Messages {
		if m.GetUser() == "clock" {
			order += m.GetRoom()
		}
	}
	if order != "bac" {
		t.Errorf("advanced in order %q", order)
	}
}

// What is due, and the log's time itself, must survive a restart.
func TestDeadlinesAndTimeSurviveARestart(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	start := b.now
	b.append(until("due", start+int64(time.Hour)))
	b.now = start + int64(time.Minute)
	folded(t, h, b.say("x", "pit"))
	b.stop(t, h)
	h = b.start(t, b.config())
	// A publisher whose clock is behind: the log's time must not go back.
	b.now = start
	b.append(until("past", start+int64(time.Second)))
	folded(t, h, b.say("x", "pit"))
	b.now = start + 2*int64(time.Hour)
	p := b.say("x", "pit")
	folded(t, h, p)
	_, live := hashesOf(t, h)
	b.stop(t, h)
	same(t, "never restarted", b.replayedWhole(t, p.Offset), live)
}

// A turn that takes long must make the reader wait, not fill the memory.
func TestFullMailboxStopsTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		h := b.start(t, b.config())
		folded(t, h, b.say("first", "pit"))
		stuck := make(chan struct{})
		h.actors[events.Room][0].box.tell(task(func(*shardActor) { <-stuck }))
		var last events.Position
		for range 1000 {
			last = b.say("x", "pit")
		}
		synctest.Wait()
		if got := b.log.handed(); got > credits+3 {
			t.Errorf("%d records were taken from the log while the shard stood", got)
		}
		close(stuck)
		folded(t, h, last)
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// Checkpoints that are late must be left out, not pile up.
func TestSlowCheckpointLeavesOutTheNext(t *testing.T) {
	b := newBed()
	c := b.config()
	c.CheckpointEvery = 10 * time.Millisecond
	c.FlushEvery = time.Hour
	made := make(chan int64, 100)
	c.Observer.Checkpoint = func(_ events.Kind, _ int32, offset int64, _, _ int) { made <- offset }
	slow := &slowParts{memoryStore: b.store, gate: make(chan struct{})}
	c.Rows = slow
	h := b.start(t, c)
	var last events.Position
	for range 100 {
		last = b.say("x", "pit")
	}
	folded(t, h, last) // goes on though nothing of the checkpoint is stored
	close(slow.gate)
	if first := <-made; first != 10 {
		t.Errorf("the first checkpoint is at %d", first)
	}
	b.stop(t, h)
	if next := <-made; next != last.Offset || len(made) != 0 {
		t.Errorf("then one at %d, and %d more", next, len(made))
	}
}

// Replay and a host that never stopped must checkpoint at the same records.
func TestStopDoesNotMoveTheScheduleOfCheckpoints(t *testing.T) {
	offsets := func(stopAt int) (all []int64) {
		b := newBed()
		c := b.config()
		c.CheckpointEvery = 10 * time.Millisecond
		c.Observer.Checkpoint = func(_ events.Kind, _ int32, offset int64, _, _ int) { all = append(all, offset) }
		h := b.start(t, c)
		for i := range 95 {
			folded(t, h, b.say("x", "pit"))
			if i == stopAt {
				b.stop(t, h)
				h = b.start(t, c)
			}
			settle(t, h)
		}
		b.stop(t, h)
		return all
	}
	got := offsets(33)
	for i, want := range []int64{10, 20, 30, 33, 40, 50, 60, 70, 80, 90, 94} {
		if i >= len(got) || got[i] != want {
			t.Fatalf("checkpoints at %v", got)
		}
	}
}

// settle waits until no checkpoint is under way.
func settle(t *testing.T, h *Host) {
	t.Helper()
	for busy := true; busy; {
		done := make(chan bool, 1)
		box, err := h.box(events.Room, 0)
		if err != nil {
			t.Fatal(err)
		}
		box.tell(task(func(a *shardActor) { done <- a.saving != nil }))
		busy = <-done
	}
}
