package host

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// tripping panics on texts that say so: "twice" always, "once" the first time.
func tripping() (trip func(entity, text string, seq uint64), panics *atomic.Int32) {
	var once atomic.Bool
	panics = new(atomic.Int32)
	return func(entity, text string, seq uint64) {
		if entity == "bad" && (text == "twice" || text == "once" && once.CompareAndSwap(false, true)) {
			panics.Add(1)
			panic("tripped on " + text)
		}
	}, panics
}

// A fold that fails by chance (memory, a bug of the moment) must leave no trace in anybody.
func TestPanicOnceIsInvisible(t *testing.T) {
	for _, checkpoints := range []time.Duration{time.Hour, 5 * time.Millisecond} {
		b := newBed()
		trip, panics := tripping()
		b.trip = trip
		c := b.config()
		c.CheckpointEvery = checkpoints
		c.Observer.Parked = func(events.Kind, int32, string, events.Position, string) { t.Error("parked") }
		h := b.start(t, c)
		for range 20 {
			folded(t, h, b.say("x", "good", "bad"))
		}
		// The failing turn is the second one of its room in this record.
		twin := func(text string) *outcryv1.RoomGroup {
			return &outcryv1.RoomGroup{Room: "bad", Inputs: []*outcryv1.RoomInput{post(text)}}
		}
		p := b.append(twin("before"), twin("once"), twin("after"))
		if got := folded(t, h, p); got.Accepted != 3 || got.Refused != 0 {
			t.Errorf("counts %+v", got)
		}
		if panics.Load() != 1 {
			t.Fatalf("%d panics", panics.Load())
		}
		last := b.say("y", "good", "bad")
		folded(t, h, last)
		_, live := hashesOf(t, h)
		b.stop(t, h)
		same(t, "with no panic", b.replayedWhole(t, last.Offset), live)
		if got := len(b.store.rows().Messages); got != 20*2+3+2 {
			t.Errorf("%d rows: the refolding must write none", got)
		}
	}
}

// The time of the failing record may have advanced the entity already; that must not be lost.
func TestPanicAfterAnAdvanceOfTheSameRecordIsInvisible(t *testing.T) {
	for _, text := range []string{"once", "twice"} {
		b := newBed()
		b.trip, _ = tripping()
		h := b.start(t, b.config())
		b.append(until("bad", b.now+int64(time.Second)))
		b.now += int64(time.Minute)
		p := b.say(text, "bad")
		folded(t, h, p)
		var woken, seq uint64
		if err := h.query(t.Context(), events.Room, "bad", func(s state) {
			woken, seq = s.(*toyState).woken, s.(*toyState).seq
		}); err != nil {
			t.Fatal(err)
		}
		if want := map[string]uint64{"once": 2, "twice": 1}[text]; woken != 1 || seq != want {
			t.Errorf("%s: woken %d times, %d inputs folded", text, woken, seq)
		}
	}
}

// A failing advance is a failing turn like any other.
func TestPanicWhileAdvancingParksTheEntity(t *testing.T) {
	b := newBed()
	c := b.config()
	parked := make(chan string, 1)
	c.Observer.Parked = func(_ events.Kind, _ int32, entity string, _ events.Position, _ string) { parked <- entity }
	c.rules = func(events.Kind) rules { return stuckRules{&toyRules{}} }
	h := b.start(t, c)
	at := b.now + int64(time.Second)
	b.append(until("bad", at), until("good", 0))
	b.now = at
	folded(t, h, b.say("x", "good"))
	if got := <-parked; got != "bad" {
		t.Errorf("parked %q", got)
	}
	if got := folded(t, h, b.say("x", "good", "bad")); got.Accepted != 1 || got.Refused != 1 {
		t.Errorf("counts %+v", got)
	}
}

// stuckRules make states whose deadline does not move.
type stuckRules struct{ *toyRules }

type stuckState struct{ state }

func (stuckState) advance(int64) {}

func (r stuckRules) fresh(id string) state { return stuckState{r.toyRules.fresh(id)} }

func (r stuckRules) restore(id string, data []byte) (state, error) {
	s, err := r.toyRules.restore(id, data)
	return stuckState{s}, err
}

// One poisoned room must not take its neighbours down, nor come back to life by a restart.
func TestPanicTwiceParksTheEntityAlone(t *testing.T) {
	b := newBed()
	trip, panics := tripping()
	b.trip = trip
	c := b.config()
	c.CheckpointEvery = 5 * time.Millisecond
	type parked struct {
		entity, reason string
		at             events.Position
	}
	told := make(chan parked, 10)
	c.Observer.Parked = func(_ events.Kind, _ int32, entity string, at events.Position, reason string) {
		told <- parked{entity, reason, at}
	}
	h := b.start(t, c)
	for range 20 {
		folded(t, h, b.say("x", "good", "bad"))
	}
	first := b.say("answered", "bad")
	p := b.say("twice", "good", "bad", "other")
	counts := folded(t, h, p)
	if counts.Accepted != 2 || counts.Refused != 1 || counts.Refusals[0].Code != outcryv1.ErrorCode_ERROR_CODE_ENTITY_PARKED {
		t.Errorf("counts %+v", counts)
	}
	got := <-told
	if got.entity != "bad" || got.at.Offset != p.Offset || !strings.Contains(got.reason, "tripped on twice") {
		t.Errorf("parked %+v", got)
	}
	later := b.say("z", "good", "bad")
	if counts := folded(t, h, later); counts.Accepted != 1 || counts.Refused != 1 {
		t.Errorf("later counts %+v", counts)
	}
	checkParkedAnswers(t, h, first, later)
	_, live := hashesOf(t, h)
	b.stop(t, h)
	if healthy := b.replayedWhole(t, first.Offset); live["bad"] == healthy["bad"] {
		t.Error("the hash does not show the parking")
	}
	same(t, "replayed", b.replayedWhole(t, later.Offset), live)
	if panics.Load() != 2+2 { // live and in the replay
		t.Errorf("%d panics", panics.Load())
	}

	again := b.start(t, c)
	<-again.Ready()
	_, restored := hashesOf(t, again)
	same(t, "restored", restored, live)
	if counts := folded(t, again, b.say("still", "bad")); counts.Refused != 1 {
		t.Errorf("after the restart %+v", counts)
	}
}

func checkParkedAnswers(t *testing.T, h *Host, first, later events.Position) {
	t.Helper()
	o, err := outcomeOf(h, later, "bad", "z")
	if err != nil || o.Code != outcryv1.ErrorCode_ERROR_CODE_ENTITY_PARKED {
		t.Errorf("an await on the parked room: %+v, %v", o, err)
	}
	o, err = outcomeOf(h, first, "bad", "answered")
	if err != nil || o.Kind != outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
		t.Errorf("what was accepted before the parking is now %+v, %v", o, err)
	}
	if o, err := outcomeOf(h, later, "good", "z"); err != nil || o.Seq == 0 {
		t.Errorf("an await on its neighbour: %+v, %v", o, err)
	}
}

// Somebody's slow or faulty question must not cost the shard.
func TestPanickingQueryIsItsCallersError(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	folded(t, h, b.say("x", "pit"))
	err := h.query(t.Context(), events.Room, "pit", func(state) { panic("oops") })
	if err == nil || !strings.Contains(err.Error(), "oops") {
		t.Errorf("the query says %v", err)
	}
	folded(t, h, b.say("y", "pit"))
}
