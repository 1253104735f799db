// Package instrument holds the rules of the tape: a pure fold of one
// instrument's quotes, trades and events into its newest state, its bars and its
// tick blocks. It stands between the log (events) and everything that shows
// or stores answers; actors/host calls it, and so do replay tools.
//
// Order: the inputs of one instrument come in the order of its partition of
// the log, group by group, with Advance where the log's time made something due.
// Same groups, same state, same facts, same hash, on every machine: there is
// no clock, float, randomness, map, lock or I/O here. Time is the batch's ingest
// time and the inputs' event times.
//
// Ownership: a State belongs to one goroutine and keeps nothing of a batch;
// Facts belong to the caller, which reuses them. Blocks, views and bars that
// were handed out are the caller's.
//
// Bounds: 120 bars of each resolution, 16 windows of source sequences
// (older ones shrink to their highest sequence, 4,096 of those), one open
// tick block of at most 64 KiB. When one is full the oldest of it leaves; what
// that means is said at each. Nothing here waits, so there is no back-pressure.
//
// To test with it: make a Batch by hand, Fold, look at Facts and View.
package instrument
