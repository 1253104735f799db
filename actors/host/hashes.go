package host

import (
	"encoding/binary"
	"slices"
	"strings"

	"outcry/internal/digest"
)

// hash digests the state of the whole shard: every entity's id and hash, by id.
func (s *shard) hash() digest.Hash {
	if !s.sorted {
		slices.SortFunc(s.all, byID)
		s.sorted = true
	}
	return hashOf(s.all)
}

func byID(a, b *entity) int { return strings.Compare(a.id, b.id) }

func hashOf(sorted []*entity) digest.Hash {
	var data []byte
	for _, e := range sorted {
		data = binary.AppendUvarint(data, uint64(len(e.id)))
		data = append(data, e.id...)
		h := e.mark()
		data = append(data, h[:]...)
	}
	return digest.Sum(data)
}

func (s *shard) hashes() map[string]digest.Hash {
	all := make(map[string]digest.Hash, len(s.all))
	for _, e := range s.all {
		all[e.id] = e.mark()
	}
	return all
}
