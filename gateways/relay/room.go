package relay

import (
	"sync"
	"sync/atomic"

	"outcry/actors/instrument"
	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// roomItems are the changes of a room that an entry keeps.
const roomItems = 512

// State says what is known of an entity.
type State uint8

const (
	// Attaching: the floor has not told yet.
	Attaching State = iota
	// Unknown: there is no such instrument or room.
	Unknown
	Known
)

// Room is the entry of one room. Safe for many goroutines.
type Room struct {
	entry
	relay *Relay
	id    string
	watch watching
	mu    struct {
		sync.Mutex
		state    State
		audience *room.Audience
		kicks    []kick
	}
	epoch  atomic.Uint64 // of mu.audience and mu.kicks
	stream Stream
}

func newRoom(r *Relay, id string) *Room {
	ro := &Room{relay: r, id: id}
	ro.stream = Stream{mu: &ro.mu.Mutex, limit: roomItems}
	return ro
}

// ID of the room.
func (ro *Room) ID() string { return ro.id }

// State is Attaching until the floor has told.
func (ro *Room) State() State {
	ro.mu.Lock()
	defer ro.mu.Unlock()
	return ro.mu.state
}

// Stream is the room's changes.
func (ro *Room) Stream() *Stream { return &ro.stream }

func (ro *Room) attach() {
	ro.watch.start(0, func(instrument.Wants) func() { return ro.relay.config.Floor.WatchRoom(ro.id, ro) })
}

func (ro *Room) detach() { ro.watch.end() }

// AttachRoom is called by the floor.
func (ro *Room) AttachRoom(r *outcryv1.Room, items []*outcryv1.Message, first uint64) {
	ro.mu.Lock()
	defer ro.mu.Unlock()
	ro.mu.state = Unknown
	if r.GetHeadSeq() > 0 {
		ro.mu.state = Known
	}
	ro.stream.restart(max(first, 1) - 1)
	ro.push(items)
	ro.stream.watchers.mark()
}

// ChangeRoom is called by the floor.
func (ro *Room) ChangeRoom(f *room.Facts) {
	if len(f.Items) == 0 {
		return
	}
	ro.mu.Lock()
	defer ro.mu.Unlock()
	ro.mu.state = Known
	ro.noteKicks(f.Items)
	ro.push(f.Items)
	ro.stream.watchers.mark()
}

func (ro *Room) push(items []*outcryv1.Message) {
	for _, m := range items {
		ro.stream.push(NewItem(m.GetSeq(), m))
	}
}
