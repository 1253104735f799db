package room

import (
	"testing"

	"pgregory.net/rapid"

	"outcry/events"
)

// Breaks for users: two people speak past each other in two rooms, or two pairs in one.
func TestBothSidesHaveTheSameRoomAndNobodyElse(t *testing.T) {
	name := rapid.StringMatching(`[a-c]{1,3}(/[a-c]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, d := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c"), name.Draw(t, "d")
		id := DirectID(a, b)
		if id != DirectID(b, a) || !IsDirect(id) || events.ValidID(id) != nil {
			t.Fatalf("%s and %s have %s and %s", a, b, id, DirectID(b, a))
		}
		same := a == c && b == d || a == d && b == c
		if (id == DirectID(c, d)) != same {
			t.Fatalf("%s and %s have the room of %s and %s", a, b, c, d)
		}
	})
	for _, other := range []string{"pit", "dm:", "dm:x", DirectID("a", "b") + "a", "x/" + DirectID("a", "b"), "DM" + DirectID("a", "b")[2:]} {
		if IsDirect(other) {
			t.Errorf("%s is a conversation of two", other)
		}
	}
}

// Breaks for users: the documented way to find the id from outside gives another.
func TestTheIDIsTheDocumentedOne(t *testing.T) {
	if got := DirectID("bob", "ann"); got != "dm:qiggnzlmrr5hnjnfuyppgk5edrk3wgo6" {
		t.Errorf("ann and bob speak in %s", got)
	}
}
