// Package scylla keeps the rows of projections in a keyspace of ScyllaDB or
// Cassandra: the store of several machines. It is the home of gocql and gocqlx.
// docs/formats/keyspace.md describes the tables.
//
// No row is read before it is written. Each version of a row carries the
// entity's own clock as its timestamp, so the cluster itself keeps the newest,
// however late, often or from how many nodes rows come; no wall clock of any
// machine counts. There are no transactions: Write goes in stages (facts, then
// the rows that tell of them, then parts, then checkpoints), and a Write that
// failed half-way is repeated. Answers never depend on a deletion, and no nulls are written.
//
// Bounds: writes under way adapt to what the cluster bears, up to
// Config.InFlight; each is tried three times at most, then Write fails and the
// row writer tries again. Batches are of one partition and below 32 KB. Reads
// go page by page and run sixteen at once in one call. What is remembered of
// rows that never change (buckets and names) is half a million entries at most.
package scylla
