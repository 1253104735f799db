package room

import (
	"encoding/binary"
	"slices"

	"outcry/events"
	"outcry/internal/digest"
)

const (
	hotMax  = 16
	coldMax = 4096
	// linksMax changes of a source can be answered by others of it; the one of
	// the lowest source sequence leaves.
	linksMax = 8192
	// linksSlack keeps the cost of leaving small: links are dropped in bulk.
	linksSlack = linksMax / 4
)

// sources tell imported inputs from duplicates, one for each (source, epoch).
// The 16 used last are exact. An older one keeps only its highest sequence: what
// is at or below it is Late, what is above it is New and makes it exact
// again. Beyond 4,096 of those the one used longest ago is forgotten: should it ever
// come back, it is taken for a new one.
type sources struct {
	hot  []*source // used last first
	cold []cold    // used last last
}

// source is an exact one. Sequences at or below floor are from before it was cold.
type source struct {
	key         uint64
	floor, high uint64
	exact       events.Window
	links       []link // ascending by source sequence; those in front of the newest linksMax are gone
}

// link says what became of a source sequence; root is 0 where it started no thread.
type link struct{ source, seq, root uint64 }

type cold struct{ key, high uint64 }

// keyOf names a source. Two of the at most 4,112 of a room share a key with a chance of 1 in 10^12.
func keyOf(name, epoch string) uint64 {
	data := binary.AppendUvarint(nil, uint64(len(name)))
	data = append(append(data, name...), epoch...)
	return digest.Checksum(data)
}

// fetch brings the key's source to the front. Where it is cold and the
// sequence is not above it, nil comes back: all of that is Late.
func (w *sources) fetch(key, seq uint64) *source {
	if i := slices.IndexFunc(w.hot, func(h *source) bool { return h.key == key }); i >= 0 {
		h := w.hot[i]
		copy(w.hot[1:i+1], w.hot[:i])
		w.hot[0] = h
		return h
	}
	fresh := &source{key: key}
	if i := slices.IndexFunc(w.cold, func(c cold) bool { return c.key == key }); i >= 0 {
		high := w.cold[i].high
		if seq != 0 && seq <= high {
			return nil
		}
		w.cold = slices.Delete(w.cold, i, i+1)
		fresh.floor, fresh.high = high, high
	}
	if len(w.hot) == hotMax {
		last := w.hot[hotMax-1]
		w.hot = w.hot[:hotMax-1]
		if len(w.cold) == coldMax {
			w.cold = slices.Delete(w.cold, 0, 1)
		}
		w.cold = append(w.cold, cold{last.key, last.high})
	}
	w.hot = slices.Insert(w.hot, 0, fresh)
	return fresh
}

// see decides on a sequence; 0 is none, and always new.
func (s *source) see(seq uint64) events.Verdict {
	switch {
	case s == nil:
		return events.Late
	case seq == 0:
		return events.New
	case seq <= s.floor:
		return events.Late
	}
	v, _ := s.exact.See(seq)
	if v == events.New {
		s.high = max(s.high, seq)
	}
	return v
}

// kept are the links that can still be found.
func (s *source) kept() []link { return s.links[max(0, len(s.links)-linksMax):] }

func (s *source) find(seq uint64) (link, bool) {
	all := s.kept()
	i, ok := slices.BinarySearchFunc(all, seq, bySource)
	if !ok {
		return link{}, false
	}
	return all[i], true
}

func bySource(l link, seq uint64) int {
	switch {
	case l.source < seq:
		return -1
	case l.source > seq:
		return 1
	}
	return 0
}

// say remembers what became of a sequence.
func (s *source) say(l link) {
	if l.source == 0 {
		return
	}
	if n := len(s.links); n == 0 || s.links[n-1].source < l.source {
		s.links = append(s.links, l)
	} else {
		all := s.kept()
		i, _ := slices.BinarySearchFunc(all, l.source, bySource)
		if i == 0 && len(all) == linksMax {
			return // it would leave at once
		}
		s.links = slices.Insert(s.links, len(s.links)-len(all)+i, l)
	}
	if len(s.links) > linksMax+linksSlack {
		s.links = append(s.links[:0], s.kept()...)
	}
}
