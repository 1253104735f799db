// Package zpack is the home of zstd: it packs blobs that are written once and
// read whole, such as the parts of a shard's state, and unpacks them with
// bounded memory whatever the bytes are. Its functions keep nothing and may be
// called from many goroutines.
package zpack
