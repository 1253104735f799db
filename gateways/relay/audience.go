package relay

import (
	"slices"

	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// kicksMost of a room are kept: more than that while one session takes no turn are forgotten.
const kicksMost = 512

// kick is who was sent out of a room, by which change.
type kick struct {
	user string
	seq  uint64
}

// AdmitRoom is called by the floor.
func (ro *Room) AdmitRoom(a *room.Audience) {
	ro.mu.Lock()
	defer ro.mu.Unlock()
	if a != nil || ro.mu.audience != nil {
		ro.mu.audience = a
		ro.epoch.Add(1)
	}
}

// noteKicks is called with the lock held, before their items can be read.
func (ro *Room) noteKicks(items []*outcryv1.Message) {
	for _, m := range items {
		if m.GetKind() != outcryv1.MessageKind_MESSAGE_KIND_KICK {
			continue
		}
		if len(ro.mu.kicks) == kicksMost {
			ro.mu.kicks = slices.Delete(ro.mu.kicks, 0, 1)
		}
		ro.mu.kicks = append(ro.mu.kicks, kick{string(m.GetText().GetData()), m.GetSeq()})
		ro.epoch.Add(1)
	}
}

// Epoch is another one whenever Admits or Kicked may answer something else: it
// changes before the first item that follows from it can be read.
func (ro *Room) Epoch() uint64 { return ro.epoch.Load() }

// Admits says whether a person may see the room, and from which seq on.
func (ro *Room) Admits(user string) (from uint64, may bool) {
	ro.mu.Lock()
	defer ro.mu.Unlock()
	return ro.mu.audience.From(user), ro.mu.audience.Admits(user)
}

// Kicked says whether a person was sent out by a change after a seq.
func (ro *Room) Kicked(user string, after uint64) bool {
	ro.mu.Lock()
	defer ro.mu.Unlock()
	return slices.ContainsFunc(ro.mu.kicks, func(k kick) bool { return k.user == user && k.seq > after })
}
