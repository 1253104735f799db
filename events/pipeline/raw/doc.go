// Package raw holds messages as producers wrote them, before a pipeline, and
// takes them apart into rows: it is the first thing that happens to an event
// that comes by a topic outcry.raw.*.
//
// A Batch is what one fetch gave of a partition. It travels through Watermill's
// Router as one message (NewMessage, Of), because a message of its own for each
// event would cost more than all stages together.
//
// Decoding takes any bytes: what is no message gives an error that says why,
// never a panic, and takes memory in proportion to its length. To test with it:
// build a Batch by hand.
package raw
