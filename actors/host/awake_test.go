package host

import (
	"slices"
	"testing"
	"time"

	"outcry/events"
)

// Breaks for users: a list leaves out what was said a moment ago, or wakes every
// room that ever was to look at it.
func TestTheAwakeAreThoseThatWereFoldedOfLate(t *testing.T) {
	b := newBed()
	c := b.config()
	c.IdleAfter = 10 * time.Millisecond // of the log's time: ten records
	h := b.start(t, c)
	b.say("long ago", "old", "older")
	for range 20 {
		b.say("now and then", "new")
	}
	last := b.say("at last", "newest")
	folded(t, h, last)
	var ids []string
	err := h.awake(t.Context(), events.Room, func(id string, s state) {
		if s == nil {
			t.Errorf("%s has no state", id)
		}
		ids = append(ids, id)
	})
	if err != nil || !slices.Equal(ids, []string{"newest", "new"}) {
		t.Errorf("awake are %v (%v)", ids, err)
	}
	if err := h.awake(t.Context(), events.Instrument, func(id string, _ state) { t.Errorf("%s is no instrument", id) }); err != nil {
		t.Error(err)
	}
}
