package host

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// sinkLog keeps what a room's sink was told.
type sinkLog struct {
	told chan string
}

func newSinkLog() *sinkLog { return &sinkLog{told: make(chan string, 10000)} }

func (s *sinkLog) AdmitRoom(*room.Audience) {}

func (s *sinkLog) AttachRoom(r *outcryv1.Room, _ []*outcryv1.Message, first uint64) {
	s.told <- "attached " + r.GetRoom() + " before " + string(rune('0'+first))
}

func (s *sinkLog) ChangeRoom(f *room.Facts) {
	for _, m := range f.Items {
		s.told <- string(m.GetText().GetData())
	}
}

func outcomeOf(h *Host, p events.Position, id, client string) (room.Outcome, error) {
	type answer struct {
		o   room.Outcome
		err error
	}
	answers := make(chan answer, 1)
	h.AwaitRoom(p, id, "ada", []byte(client), func(o room.Outcome, err error) { answers <- answer{o, err} })
	a := <-answers
	return a.o, a.err
}

// A message that is in the log but not on screens, in the store or answered would be lost to its people.
func TestOneMessageReachesSinkRowAndAnswer(t *testing.T) {
	b := newBed()
	flushed := make(chan struct{}, 100)
	c := b.config()
	c.Flushed = func() { flushed <- struct{}{} }
	h := b.start(t, c)
	sink := newSinkLog()
	stop := h.WatchRoom("pit", sink)
	if got := <-sink.told; got != "attached pit before 1" {
		t.Fatalf("first the sink was told %q", got)
	}
	<-flushed
	p := b.say("hello", "pit")
	o, err := outcomeOf(h, p, "pit", "hello")
	if err != nil || o.Seq != 1 {
		t.Fatalf("answered %+v, %v", o, err)
	}
	if got := <-sink.told; got != "hello" {
		t.Fatalf("the sink was told %q", got)
	}
	<-flushed
	if got := folded(t, h, p); got.Accepted != 1 || got.Refused != 0 {
		t.Errorf("counts are %+v", got)
	}
	stop()
	folded(t, h, b.say("unwatched", "pit"))
	box, err := h.box(events.Room, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := inTurn(t.Context(), box, func(s *shard) {
		if len(s.effects.watches)+len(s.entities["pit"].watches) > 0 {
			t.Error("a sink that was detached is kept")
		}
	}); err != nil {
		t.Error(err)
	}
	b.stop(t, h)
	if len(sink.told) != 0 {
		t.Errorf("after stop the sink was told %q", <-sink.told)
	}
	rows := b.store.rows()
	if len(rows.Messages) != 2 || string(rows.Messages[0].GetText().GetData()) != "hello" {
		t.Errorf("stored %v", rows.Messages)
	}
}

// Answers must not depend on whether the question or the record came first.
func TestAwaitsBeforeAfterAndUnknown(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	early := make(chan room.Outcome, 1)
	h.AwaitRoom(events.Position{Kind: events.Room, Offset: 0}, "pit", "ada", []byte("one"), func(o room.Outcome, _ error) { early <- o })
	p := b.say("one", "pit")
	if o := <-early; o.Seq != 1 {
		t.Errorf("asked before: %+v", o)
	}
	if o, err := outcomeOf(h, p, "pit", "one"); err != nil || o.Seq != 1 {
		t.Errorf("asked after: %+v, %v", o, err)
	}
	if _, err := outcomeOf(h, p, "pit", "never"); !errors.Is(err, ErrNoOutcome) {
		t.Errorf("unknown id: %v", err)
	}
	if _, err := outcomeOf(h, p, "nowhere", "one"); !errors.Is(err, ErrNoOutcome) {
		t.Errorf("unknown room: %v", err)
	}
	never := make(chan error, 1)
	h.AwaitRoom(events.Position{Kind: events.Room, Offset: 99}, "pit", "ada", nil, func(_ room.Outcome, err error) { never <- err })
	b.stop(t, h)
	if err := <-never; !errors.Is(err, ErrStopped) {
		t.Errorf("a record that never came: %v", err)
	}
	if _, err := outcomeOf(h, p, "pit", "one"); !errors.Is(err, ErrStopped) {
		t.Errorf("asked after the end: %v", err)
	}
}

// A publisher that asks too late must hear so instead of somebody else's counts.
func TestCountsAreKeptForTheNewestRecordsOnly(t *testing.T) {
	b := newBed()
	var last events.Position
	for range countsKept + 1 {
		last = b.say("x", "pit")
	}
	h := b.start(t, b.config())
	folded(t, h, last)
	errs := make(chan error, 1)
	h.AwaitFolded(events.Position{Kind: events.Room, Offset: 0}, func(_ Counts, err error) { errs <- err })
	if err := <-errs; !errors.Is(err, ErrTooOld) {
		t.Errorf("the oldest: %v", err)
	}
	folded(t, h, events.Position{Kind: events.Room, Offset: 1})
	b.stop(t, h)
	again := b.start(t, b.config())
	again.AwaitFolded(last, func(_ Counts, err error) { errs <- err })
	if err := <-errs; !errors.Is(err, ErrTooOld) {
		t.Errorf("folded before the start: %v", err)
	}
}

// If restored state differed from the folded one, every restart would fork the room.
func TestKilledHostComesBackWithTheSameHashes(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		b := newBed()
		b.padding = 10 << 10
		c := b.config()
		c.CheckpointEvery = 20 * time.Millisecond
		c.IdleAfter = time.Duration(random.IntN(100)) * time.Millisecond
		h := b.start(t, c)
		n := 50 + random.IntN(300)
		kill := random.IntN(n)
		var left *memoryStore
		var kept map[place]int64
		for i := range n {
			p := b.say("x", name(random.IntN(40)), name(40+random.IntN(40)))
			if i == kill {
				folded(t, h, p)
				kept = b.log.retained()
				left = b.store.clone() // a checkpoint may be half packed now
			}
		}
		last := events.Position{Kind: events.Room, Offset: int64(n - 1)}
		folded(t, h, last)
		_, live := hashesOf(t, h)
		b.stop(t, h)
		same(t, "replayed from the start", b.replayedWhole(t, last.Offset), live)

		b.log.setRetained(kept)
		after := *b
		after.store = left
		c.Rows, c.Checkpoints = left, left
		again := after.start(t, c)
		<-again.Ready()
		offset, restored := hashesOf(t, again)
		if offset != last.Offset {
			t.Fatalf("seed %d: restored to %d instead of %d", seed, offset, last.Offset)
		}
		same(t, "restored", restored, live)
		after.stop(t, again)
	}
}

// Replaying from a checkpoint is how a log is verified without reading all of it.
func TestReplayFromEveryCheckpointEqualsLive(t *testing.T) {
	b := newBed()
	b.padding = 20 << 10 // several turns a checkpoint, so that changed entities are packed first
	c := b.config()
	c.CheckpointEvery = 30 * time.Millisecond
	h := b.start(t, c)
	for i := range 300 {
		p := b.say("x", name(i%7), name(7+i%50))
		folded(t, h, p)
		if i%60 != 59 {
			continue
		}
		settle(t, h)
		stored, _ := b.store.Checkpoints(t.Context(), events.Room, 0)
		rc := c.withDefaults()
		got, err := replay(t.Context(), &rc, events.Room, 0, &stored[0], p.Offset, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, live := hashesOf(t, h)
		same(t, "replayed from a checkpoint", got, live)
	}
}

// A quiet room must come back as it was when somebody speaks again.
func TestPassivationCannotBeSeen(t *testing.T) {
	b := newBed()
	c := b.config()
	c.IdleAfter = 1
	passivated := 0 // only touched in the shard's turn
	c.Observer.Passivated = func(events.Kind) { passivated++ }
	h := b.start(t, c)
	var p events.Position
	for i := range 200 {
		p = b.say("x", name(i%9))
	}
	folded(t, h, p)
	_, live := hashesOf(t, h)
	b.stop(t, h)
	if passivated < 100 {
		t.Errorf("only %d passivations", passivated)
	}
	same(t, "never passivated", b.replayed(t, p.Offset), live)
	if got := len(b.store.rows().Messages); got != 200 {
		t.Errorf("%d rows of 200 messages", got)
	}
}

// A stop that did not checkpoint would make every restart fold the log again.
func TestStopLeavesNothingToFold(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	folded(t, h, b.say("x", "pit", "bar"))
	_, live := hashesOf(t, h)
	b.stop(t, h)
	c := b.config()
	c.Observer.Folded = func(events.Kind, int32, int64, int, time.Duration) { t.Error("a record was folded again") }
	again := b.start(t, c)
	<-again.Ready()
	_, restored := hashesOf(t, again)
	same(t, "restored", restored, live)
}
