package events

import "encoding/binary"

// PartitionOf gives the partition of an entity, as Kafka's default partitioner
// does: murmur2(entity) & 0x7fffffff mod partitions. partitions must be positive.
func PartitionOf(entity string, partitions int) int32 {
	return int32(murmur2(entity)&0x7fffffff) % int32(partitions)
}

// murmur2 is MurmurHash2 of 32 bits with Kafka's seed.
func murmur2(s string) uint32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
		r    = 24
	)
	data := []byte(s) // stays on the stack: an id is short
	h := seed ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		k ^= k >> r
		h = h*m ^ k*m
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
