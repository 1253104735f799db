// Package identity says who somebody is and what they may do: the rules of
// signing in, behind every door of the edge (connections, unary calls, charts,
// ingest). It is pure: no clock, file or network; gateways/identity/signin has
// the shells that read tokens and keys.
//
// An Identity is a user with grants and an end. Grants are lists of patterns per
// verb over ids, namespace/name:
//
//	see       subscribe to and read an instrument or room
//	post      ask a room for a change: join, post, react, ...
//	moderate  be staff of a room without being its owner
//	ingest    bring inputs of an instrument, or an archive of a room
//	admin     run the server: hashes of partitions, revoking users
//
// A pattern has any number of *, each of which stands for any characters of the
// namespace or of the name. Without a namespace it is of main, and * alone is
// everything. No verb includes another. What is not granted is refused.
//
// Identities are immutable and shared by goroutines. Where something changed since
// somebody signed in (a grant lost, a user revoked, a key file read anew), Gate.Epoch
// is another one, and Gate.Current says how it is now: a session compares two
// numbers before it builds a frame, and asks only when they differ.
//
// May allocates nothing. Lists are bounded (patternsMost), so its time is, too.
package identity
