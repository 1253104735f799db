// Package reads answers questions about instruments and rooms: rows of the
// store, overlaid with what the live actors hold, so that an answer is never
// older than the newest folded record. It stands beside the way of an event;
// rpc, udf and sessions ask it. It keeps nothing and may be called from many
// goroutines. Callers bound what they ask for.
package reads
