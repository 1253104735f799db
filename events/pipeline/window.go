package pipeline

import "hash/maphash"

// seed is of this process: nobody outside can make identities that collide.
var seed = maphash.MakeSeed()

// identity of a message, as 64 bits of a hash: two of 65,536 are taken for one
// another once in 10^14 messages.
type identity uint64

func identityOf(parts ...string) identity {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, p := range parts {
		h.WriteString(p)
		h.WriteByte(0)
	}
	return identity(h.Sum64())
}

// window remembers at least the newest size identities and at most twice as
// many. The zero value with a size is empty.
type window struct {
	size       int
	young, old map[identity]struct{}
}

func (w *window) has(id identity) bool {
	if _, ok := w.young[id]; ok {
		return true
	}
	_, ok := w.old[id]
	return ok
}

// remember makes room by forgetting the older half at once, which costs
// nothing per identity.
func (w *window) remember(id identity) {
	if len(w.young) >= w.size || w.young == nil {
		w.old, w.young = w.young, make(map[identity]struct{})
	}
	w.young[id] = struct{}{}
}

func (w *window) forget() { w.young, w.old = nil, nil }
