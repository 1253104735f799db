// Package tickpack packs a tick block's rows (docs/formats/tick_blocks.md) for
// a store, in about a quarter of their bytes, and gives them back byte for byte
// (docs/formats/packed_blocks.md). It stands between the blocks that the fold
// cuts and the stores that keep them, and knows nothing of either.
//
// Every number of a tick is told by what is likely from the ticks before it,
// in as many bits as that leaves to say: an adaptive binary range coder, one
// description of a tick (model.go) for both directions, so that they can't disagree.
//
// Pack never fails: what is no block of ticks, or not in the one form that the
// fold writes, is kept as zstd. Unpack gives an error for bytes that Pack did not
// make, with bounded memory. Both keep nothing and may be called from many
// goroutines; a call takes some 150 KB of memory out of a pool.
package tickpack
