// Package digest is the home of the hash that all rolling hashes use:
// XXH3-128 over a canonical encoding, never over protobuf or compressed bytes.
package digest

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Hash is an XXH3-128 in big-endian order. The zero Hash is the start of every chain.
type Hash [16]byte

// String gives 32 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Sum hashes data.
func Sum(data []byte) Hash {
	s := xxh3.Hash128(data)
	var h Hash
	binary.BigEndian.PutUint64(h[:8], s.Hi)
	binary.BigEndian.PutUint64(h[8:], s.Lo)
	return h
}

// Checksum is the 64-bit XXH3 of data, for records and files.
func Checksum(data []byte) uint64 { return xxh3.Hash(data) }
