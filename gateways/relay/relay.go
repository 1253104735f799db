package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"outcry/actors/instrument"
	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// Floor is where instruments and rooms live; actors/host has one in other
// words. A watch on an entity that is not there yet is fine. After stop the
// sink may be told once more.
type Floor interface {
	WatchInstrument(id string, wants instrument.Wants, s InstrumentSink) (stop func())
	WatchRoom(id string, s RoomSink) (stop func())
}

// InstrumentSink is told about one instrument, in its shard's turn. It does
// not block and copies what it keeps.
type InstrumentSink interface {
	// AttachInstrument comes first: the state now, bars where they are wanted. v.Defined is false while it is unknown.
	AttachInstrument(v *instrument.View, bars [instrument.Resolutions][]instrument.Bar)
	// ChangeInstrument comes after each record that touched it.
	ChangeInstrument(v *instrument.View, f *instrument.Facts)
}

// RoomSink is told about one room; messages are immutable and are kept.
type RoomSink interface {
	// AdmitRoom says who may see the room, before AttachRoom and before each
	// ChangeRoom of a record that changed it; nil is everybody.
	AdmitRoom(a *room.Audience)
	// AttachRoom: the newest changes that the state has, ascending; before
	// first the store has them. A head of 0 is a room that does not exist.
	AttachRoom(r *outcryv1.Room, items []*outcryv1.Message, first uint64)
	// ChangeRoom comes after each record that changed it.
	ChangeRoom(f *room.Facts)
}

// Config of a Relay. Floor is required.
type Config struct {
	Floor Floor
	// StaleAfter is how old the newest event of an instrument may be, by its ingest
	// time and this clock, before it is stale; default 10 s.
	StaleAfter time.Duration
	// Linger is how long an entry stays after its last user; default 30 s.
	// Longer saves attaching again, shorter saves memory.
	Linger time.Duration
	// Entries bounds instruments and rooms together; default 200,000.
	Entries int
}

// ErrFull says that there are as many entries as there may be; ask again later.
var ErrFull = errors.New("the relay has no room for another entry")

// sweepEvery is how often staleness is looked at and unused entries leave.
const sweepEvery = time.Second

// Relay is safe for many goroutines.
type Relay struct {
	config Config
	now    atomic.Int64 // of the newest sweep, ns
	mu     struct {
		sync.Mutex
		instruments map[string]*Instrument
		rooms       map[string]*Room
		slabs       slabs
	}
}

// New makes an empty relay. Run must run for instruments to become stale and
// for unused entries to leave.
func New(c Config) *Relay {
	setDefault(&c.StaleAfter, 10*time.Second)
	setDefault(&c.Linger, 30*time.Second)
	setDefault(&c.Entries, 200_000)
	r := &Relay{config: c}
	r.now.Store(time.Now().UnixNano())
	r.mu.instruments = map[string]*Instrument{}
	r.mu.rooms = map[string]*Room{}
	return r
}

func setDefault[T ~int | ~int64](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// Run sweeps once a second until ctx ends, and detaches everything then.
// flushed is called after each sweep; it wakes the pumps that were marked.
func (r *Relay) Run(ctx context.Context, flushed func()) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			r.detachAll()
			return nil
		case now := <-ticker.C:
			r.sweep(now)
			flushed()
		}
	}
}

// Instrument gives the entry of an instrument and counts the caller as a user
// until Release. wants asks for streams from now on.
func (r *Relay) Instrument(id string, wants instrument.Wants) (*Instrument, error) {
	r.mu.Lock()
	in := r.mu.instruments[id]
	if in == nil {
		if r.full() {
			r.mu.Unlock()
			return nil, fmt.Errorf("watching instrument %q: %w", id, ErrFull)
		}
		in = newInstrument(r, id)
		r.mu.instruments[id] = in
	}
	in.users++
	r.mu.Unlock()
	in.attach(wants)
	return in, nil
}

// Watched is the entry of an instrument that somebody uses or did so lately; nil where there is none.
func (r *Relay) Watched(id string) *Instrument {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.instruments[id]
}

// Room is Instrument for rooms.
func (r *Relay) Room(id string) (*Room, error) {
	r.mu.Lock()
	ro := r.mu.rooms[id]
	if ro == nil {
		if r.full() {
			r.mu.Unlock()
			return nil, fmt.Errorf("watching room %q: %w", id, ErrFull)
		}
		ro = newRoom(r, id)
		r.mu.rooms[id] = ro
	}
	ro.users++
	r.mu.Unlock()
	ro.attach()
	return ro, nil
}

// full is called with the lock held.
func (r *Relay) full() bool {
	return len(r.mu.instruments)+len(r.mu.rooms) >= r.config.Entries
}

// Size counts the entries.
func (r *Relay) Size() (instruments, rooms int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.mu.instruments), len(r.mu.rooms)
}

// entry is what instruments and rooms share: who uses it. Guarded by the relay's lock.
type entry struct {
	users int
	idle  time.Time // since when nobody does
}

// release ends one use and says whether the entry has to go at once.
func (e *entry) release(known bool) bool {
	e.users--
	e.idle = time.Now()
	return e.users == 0 && !known
}

func (e *entry) expired(now time.Time, linger time.Duration) bool {
	return e.users == 0 && now.Sub(e.idle) >= linger
}
