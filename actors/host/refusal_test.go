package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"outcry/events"
)

// stored runs a host over 100 records and gives it back with checkpoints.
func stored(t *testing.T) (*bed, Config) {
	t.Helper()
	b := newBed()
	c := b.config()
	c.CheckpointEvery = 20 * time.Millisecond
	made := make(chan int64, 100)
	c.Observer.Checkpoint = func(_ events.Kind, _ int32, offset int64, _, _ int) { made <- offset }
	h := b.start(t, c)
	for i := range 3 {
		var last events.Position
		for range 25 {
			last = b.say("x", name(i), "pit")
		}
		<-made
		folded(t, h, last)
	}
	b.stop(t, h)
	c.Observer = Observer{}
	return b, c
}

func refused(t *testing.T, c Config, words ...string) {
	t.Helper()
	h, err := Start(t.Context(), c)
	if err == nil {
		h.Stop(context.Background())
		t.Fatal("the host started")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the refusal does not say %q: %v", w, err)
		}
	}
}

// Going on with a log that lost its end would give seqs away twice.
func TestLogOlderThanItsCheckpointIsRefused(t *testing.T) {
	b, c := stored(t)
	b.log.keep(place{events.Room, 0}, 60)
	refused(t, c, "not the one that was folded", "room/0@74", "0 to 59")
}

// Another log of the same length is not our log.
func TestLogWithAnotherRecordAtTheCheckpointIsRefused(t *testing.T) {
	b, c := stored(t)
	b.log.keep(place{events.Room, 0}, 74)
	b.say("forged", "pit")
	refused(t, c, "not the one that was folded", "room/0@74", "checksum")
}

// A log that was replaced says so by its lineage.
func TestLogOfAnotherLineageIsRefused(t *testing.T) {
	b, c := stored(t)
	b.log.mu.lineage = "second"
	refused(t, c, "not the one that was folded", "second", "first")
}

// Without a checkpoint the beginning of the log is needed.
func TestLogWithoutBeginningAndCheckpointIsRefused(t *testing.T) {
	b, c := stored(t)
	b.log.Retain(events.Position{Kind: events.Room, Offset: 10})
	empty := newMemoryStore()
	c.Rows, c.Checkpoints = empty, empty
	refused(t, c, "room/0", "no checkpoint", "offset")
}

// One flipped bit in the store must cost time, not the state.
func TestDamagedPartFallsBackToTheCheckpointBefore(t *testing.T) {
	b, c := stored(t)
	all, _ := b.store.Checkpoints(t.Context(), events.Room, 0)
	newest := all[0]
	for _, key := range newest.Parts {
		if key.Offset == newest.Offset {
			b.store.damage(key)
		}
	}
	folds := make(chan int64, 1000)
	c.Observer.Folded = func(_ events.Kind, _ int32, offset int64, _ int, _ time.Duration) { folds <- offset }
	h := b.start(t, c)
	<-h.Ready()
	if first := <-folds; first != all[1].Offset+1 {
		t.Errorf("went on at %d, the checkpoint before is at %d", first, all[1].Offset)
	}
	offset, got := hashesOf(t, h)
	same(t, "restored from the older one", got, b.replayedWhole(t, offset))
}

// With every checkpoint damaged nothing may be invented.
func TestAllPartsDamagedIsRefused(t *testing.T) {
	b, c := stored(t)
	for key := range b.store.clone().mu.parts {
		if key.Kind == events.Room {
			b.store.damage(key)
		}
	}
	refused(t, c, "room/0", "none of its 2 checkpoints")
}

// A store that refuses rows must not be outrun: the shard stops and says so.
func TestRefusedRowsStopTheShard(t *testing.T) {
	b := newBed()
	c := b.config()
	c.CheckpointEvery = time.Millisecond
	h := b.start(t, c)
	full := errors.New("disk full")
	b.store.mu.Lock()
	b.store.mu.refuse = full
	b.store.mu.Unlock()
	b.say("x", "pit")
	b.say("y", "pit")
	if err := <-h.Failed(); !errors.Is(err, full) {
		t.Errorf("failed with %v", err)
	}
	_, _, err := h.Hashes(t.Context(), events.Room, 0)
	if !errors.Is(err, full) {
		t.Errorf("a query says %v", err)
	}
	at := events.Position{Kind: events.Room, Offset: 2}
	m := events.NewMessage(events.Room, 0, events.AppendBatch(nil, &events.Batch{Clock: true}))
	events.SetPosition(m, at, 1)
	d := &delivery{message: m, credits: make(chan struct{}, 1)}
	d.credits <- struct{}{}
	a := h.actors[events.Room][0]
	stands := make(chan int64, 1)
	a.box.tell(d)
	a.box.tell(task(func(a *shardActor) { stands <- a.shard.offset }))
	if at := <-stands; at != 1 {
		t.Errorf("it folded on to %d", at)
	}
	<-m.Acked() // and yet it must not keep the memory of what it can't fold
}

// A checkpoint that lost a part of its state must not be taken for the whole.
func TestCheckpointThatDoesNotAddUpIsNotUsed(t *testing.T) {
	b := newBed()
	b.padding = partBytes
	d := drive(b)
	d.say(t, "pit", "bar")
	p := d.begin()
	d.end(t, p)
	row := p.row
	row.Parts = row.Parts[1:]
	if _, err := d.shard.source.load(t.Context(), row); !errors.Is(err, errParts) {
		t.Errorf("without its first part: %v", err)
	}
	if _, err := d.shard.source.load(t.Context(), p.row); err != nil {
		t.Errorf("whole: %v", err)
	}
}

// A record of bytes that nobody wrote must stop its shard with the place, and no other shard.
func TestGarbageRecordStopsItsShardAndNamesThePlace(t *testing.T) {
	b := newBed()
	h := b.start(t, b.config())
	m := events.NewMessage(events.Room, 0, []byte{0xff, 0xff, 0xff})
	if err := b.log.Publish(events.Room.Topic(), m); err != nil {
		t.Fatal(err)
	}
	if err := <-h.Failed(); err == nil || !strings.Contains(err.Error(), "room/0@0") {
		t.Errorf("failed with %v", err)
	}
	if _, _, err := h.Hashes(t.Context(), events.Instrument, 0); err != nil {
		t.Errorf("the other shard: %v", err)
	}
}
