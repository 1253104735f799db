package relay

import "time"

// sweep takes away what nobody has used for long and looks at staleness.
func (r *Relay) sweep(now time.Time) {
	r.now.Store(now.UnixNano())
	var watched []*Instrument
	var leaving []interface{ detach() }
	r.mu.Lock()
	for id, in := range r.mu.instruments {
		if in.expired(now, r.config.Linger) {
			delete(r.mu.instruments, id)
			leaving = append(leaving, in)
		} else {
			watched = append(watched, in)
		}
	}
	for id, ro := range r.mu.rooms {
		if ro.expired(now, r.config.Linger) {
			delete(r.mu.rooms, id)
			leaving = append(leaving, ro)
		}
	}
	r.mu.Unlock()
	for _, e := range leaving {
		e.detach()
	}
	for _, in := range watched {
		in.age()
	}
}

func (r *Relay) detachAll() {
	r.mu.Lock()
	instruments, rooms := r.mu.instruments, r.mu.rooms
	r.mu.instruments, r.mu.rooms = map[string]*Instrument{}, map[string]*Room{}
	r.mu.Unlock()
	for _, in := range instruments {
		in.detach()
	}
	for _, ro := range rooms {
		ro.detach()
	}
}

// Release ends one use of the entry.
func (in *Instrument) Release() {
	known := in.State() == Known
	in.relay.mu.Lock()
	gone := in.release(known)
	if gone && in.relay.mu.instruments[in.id] == in {
		delete(in.relay.mu.instruments, in.id)
	}
	in.relay.mu.Unlock()
	if gone {
		in.detach()
	}
}

// Release ends one use of the entry.
func (ro *Room) Release() {
	known := ro.State() == Known
	ro.relay.mu.Lock()
	gone := ro.release(known)
	if gone && ro.relay.mu.rooms[ro.id] == ro {
		delete(ro.relay.mu.rooms, ro.id)
	}
	ro.relay.mu.Unlock()
	if gone {
		ro.detach()
	}
}
