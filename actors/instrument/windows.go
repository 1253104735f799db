package instrument

import (
	"encoding/binary"
	"slices"

	"outcry/events"
	"outcry/internal/digest"
)

const (
	hotMax  = 16
	coldMax = 4096
)

// windows tell new source sequences from duplicates, one for each (source,
// epoch, kind of tick). The 16 used last are exact. An older one keeps only
// its highest sequence: what is at or below it is Late, what is above it is New and
// makes it exact again. Beyond 4,096 of those the one used longest ago is
// forgotten: its source, should it ever come back, is taken for a new one.
type windows struct {
	hot    []window  // used last first
	inline [2]window // where hot begins: the quotes and trades of one feed need no more
	cold   []cold    // used last last
}

// window is an exact one. Sequences at or below floor are from before it was cold.
type window struct {
	key         uint64
	floor, high uint64
	exact       events.Window
}

type cold struct{ key, high uint64 }

// see decides on a sequence, which is not 0; gap is how many were skipped just now.
func (w *windows) see(key, seq uint64) (v events.Verdict, gap uint64) {
	if len(w.hot) == 0 || w.hot[0].key != key {
		if !w.fetch(key, seq) {
			return events.Late, 0
		}
	}
	h := &w.hot[0]
	if seq <= h.floor {
		return events.Late, 0
	}
	if v, gap = h.exact.See(seq); v == events.New && seq > h.high {
		if h.high == h.floor && h.floor != 0 { // the first since it was cold
			gap = seq - h.high - 1
		}
		h.high = seq
	}
	return v, gap
}

// fetch brings the key's window to the front. False: it is cold and stays so, because seq is Late.
func (w *windows) fetch(key, seq uint64) bool {
	if i := slices.IndexFunc(w.hot, func(h window) bool { return h.key == key }); i >= 0 {
		h := w.hot[i]
		copy(w.hot[1:i+1], w.hot[:i])
		w.hot[0] = h
		return true
	}
	fresh := window{key: key}
	for i := len(w.cold) - 1; i >= 0; i-- {
		c := w.cold[i]
		if c.key != key {
			continue
		}
		w.cold = slices.Delete(w.cold, i, i+1)
		if seq <= c.high {
			w.cold = append(w.cold, c)
			return false
		}
		fresh.floor, fresh.high = c.high, c.high
		break
	}
	w.push(fresh)
	return true
}

// push puts a window in front; the one used longest ago turns cold.
func (w *windows) push(fresh window) {
	if len(w.hot) == hotMax {
		last := w.hot[hotMax-1]
		w.hot = w.hot[:hotMax-1]
		if len(w.cold) == coldMax {
			w.cold = slices.Delete(w.cold, 0, 1)
		}
		w.cold = append(w.cold, cold{last.key, last.high})
	}
	if w.hot == nil {
		w.hot = w.inline[:0]
	}
	w.hot = slices.Insert(w.hot, 0, fresh)
}

// sourceKey names a source by 62 bits of a hash, which leaves two for the kind
// of tick. Two of the at most 4,112 windows of an instrument share a key with a
// chance of 1 in 10^12. It remembers the hash of the source that came last.
type sourceKey struct {
	source, epoch []byte
	hash          uint64
	any           bool
}

func (k *sourceKey) of(h *events.Header) uint64 {
	if !k.any || string(k.source) != h.Source || string(k.epoch) != h.Epoch {
		k.any = true
		k.source, k.epoch = append(k.source[:0], h.Source...), append(k.epoch[:0], h.Epoch...)
		data := binary.AppendUvarint(nil, uint64(len(h.Source)))
		data = append(append(data, h.Source...), h.Epoch...)
		k.hash = digest.Checksum(data) << 2
	}
	return k.hash
}
