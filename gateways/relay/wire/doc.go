// Package wire is how outcry.v1 frames look on a connection: as protobuf, and
// as the protobuf JSON of the same messages. It stands between the relay,
// which encodes each version once, and the sessions, which join what is encoded.
//
// Both encodings are concatenations: Open, then whole frames one after the
// other, then Close make one ServerFrames message. A frame that many
// sessions share is therefore copied, never encoded again, and a stream's
// items are joined from shared bodies and the numbers of one session.
//
// Updates in protobuf are written by hand, without a message in between: 5
// allocations and most of the time less than the generated code; a property
// test holds them against it. Everything here appends to the caller's slice
// and keeps nothing; there are no locks and no goroutines.
package wire
