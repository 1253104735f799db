package relay

import (
	"sync"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
)

// cache holds the frames of the versions that were read. Its lock is held
// while a version is encoded; the actors never take it.
type cache struct {
	sync.Mutex
	parts [wire.Encodings][wire.Slots][2]part
	view  instrument.View // scratch: what is being encoded
}

type part struct {
	version uint64
	frame   []byte
}

// Append puts the frame of a slot's newest version after dst, and says which version that is.
func (in *Instrument) Append(dst []byte, e wire.Encoding, s wire.Slot, snapshot bool) (out []byte, version uint64) {
	in.cache.Lock()
	defer in.cache.Unlock()
	kind := 0
	if snapshot {
		kind = 1
	}
	p := &in.cache.parts[e][s][kind]
	if p.version != in.Version(s) {
		u := wire.Update{Slot: s, Snapshot: snapshot, View: &in.cache.view}
		in.mu.Lock()
		p.version, u.Stale, in.cache.view = in.Version(s), in.mu.stale, in.mu.view
		in.mu.Unlock()
		p.frame = e.Update(p.frame[:0], &u)
	}
	return append(dst, p.frame...), p.version
}
