package host

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
)

// nothing appends a record without bytes, as an engine gives for an offset of its own.
func (b *bed) nothing(t *testing.T) events.Position {
	t.Helper()
	m := events.NewMessage(events.Room, 0, nil)
	if err := b.log.Publish(events.Room.Topic(), m); err != nil {
		t.Fatal(err)
	}
	return events.PositionOf(m)
}

// Breaks for users: one mark of Kafka's own in a topic, and the room's shard
// would stop, or the server would never be ready.
func TestARecordWithoutBytesSaysNothing(t *testing.T) {
	b := newBed()
	b.nothing(t)
	b.say("one", "a")
	at := b.nothing(t)
	h := b.start(t, b.config())
	<-h.Ready()
	if diff := cmp.Diff(Counts{}, folded(t, h, at)); diff != "" {
		t.Errorf("it counts as (-nothing +it):\n%s", diff)
	}
	b.nothing(t)
	last := b.say("two", "a")
	folded(t, h, last)

	plain := newBed()
	plain.say("one", "a")
	same := plain.start(t, plain.config())
	folded(t, same, plain.say("two", "a"))
	with, err := Replay(t.Context(), b.log, events.Room, 0, nil, nil, last.Offset, nil)
	if err != nil {
		t.Fatal(err)
	}
	without, err := Replay(t.Context(), plain.log, events.Room, 0, nil, nil, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(with) != 1 || with["a"] != without["a"] {
		t.Errorf("the state is %v, without such records %v", with, without)
	}
}
