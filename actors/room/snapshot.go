package room

import (
	"encoding/binary"
	"maps"
	"slices"

	outcryv1 "outcry/proto/outcry/v1"
)

const snapshotVersion = 1

// Snapshot appends the whole state, canonical: states that will decide alike
// have the same bytes, and Restore takes no others.
func (s *State) Snapshot(dst []byte) []byte {
	dst = append(append(dst, snapshotVersion), s.hash[:]...)
	dst = binary.AppendVarint(appendNumbers(dst, s.head, s.messages), s.clock)
	dst = appendBool(dst, s.settings != nil)
	if s.settings != nil {
		dst = appendSettings(dst, s.settings)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.members)))
	for _, user := range slices.Sorted(maps.Keys(s.members)) {
		m := s.members[user]
		dst = appendNumbers(appendText(dst, user), uint64(m.role), m.seq, m.joined)
		dst = appendBool(binary.AppendVarint(dst, m.clock), m.person)
	}
	dst = s.ids.append(dst)
	dst = appendMessages(dst, s.past.recent)
	dst = binary.AppendUvarint(appendMessages(dst, s.past.touched), s.past.forgotten)
	return s.appendBarred(s.sources.append(dst))
}

// appendBarred writes who is banned and who is muted; nothing where nobody is, as
// before there were bans, and of mutes nothing as before there were mutes.
func (s *State) appendBarred(dst []byte) []byte {
	if len(s.banned) == 0 && len(s.muted) == 0 {
		return dst
	}
	dst = appendUsers(dst, s.banned)
	if len(s.muted) > 0 {
		dst = appendUsers(dst, s.muted)
	}
	return dst
}

func appendUsers(dst []byte, seqs map[string]uint64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(seqs)))
	for _, user := range slices.Sorted(maps.Keys(seqs)) {
		dst = binary.AppendUvarint(appendText(dst, user), seqs[user])
	}
	return dst
}

func appendMessages(dst []byte, all []*outcryv1.Message) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, m := range all {
		dst = appendMessage(dst, m)
	}
	return dst
}

// append writes the ids in the order of their arrival.
func (w *ids) append(dst []byte) []byte {
	dst = appendNumbers(dst, w.oldest, uint64(len(w.ring)))
	for i := range w.ring {
		r := w.inOrder(i)
		dst = append(appendText(dst, r.key.user), r.key.id[:]...)
		dst = binary.LittleEndian.AppendUint64(dst, r.body)
		dst = appendBool(append(dst, byte(r.why), byte(r.last)), r.noop)
		dst = binary.AppendUvarint(dst, r.seq)
	}
	return dst
}

func (w *sources) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(w.hot)))
	for _, h := range w.hot {
		dst = appendNumbers(binary.LittleEndian.AppendUint64(dst, h.key), h.floor, h.high)
		dst = h.exact.Append(dst)
		dst = binary.AppendUvarint(dst, uint64(len(h.kept())))
		var before link
		for _, l := range h.kept() { // mostly each is one more than the one before
			dst = appendNumbers(dst, l.source-before.source, l.root)
			dst = binary.AppendVarint(dst, int64(l.seq-before.seq))
			before = l
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(w.cold)))
	for _, c := range w.cold {
		dst = binary.AppendUvarint(binary.LittleEndian.AppendUint64(dst, c.key), c.high)
	}
	return dst
}
