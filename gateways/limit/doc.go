// Package limit bounds what clients may ask of a node: how many they are, how
// fast they come and how much they send. It stands before the transports (Handler,
// ConnState) and beside sessions and commands (Bucket, Budgets, Counts, Gate), which
// ask it and tell the client. Nothing here is on an update's way out.
//
// Every refusal is an error with a code and the time after which the same may be
// tried again. Only a connection that is over its address's bound before it has
// said anything is closed without a word: there is no protocol yet to say it in.
//
// Addresses are counted as the network gives them out: one of IPv4, a /64 of
// IPv6. Behind a proxy the client's is what the proxy says in X-Forwarded-For, and
// only configured proxies are believed.
//
// Bounds: a map of users or addresses holds those that are here now, and of those
// that went the ones whose budget is not full again; a Budgets that has too many of
// both refuses. A Gate has a bound of its own for who waits.
//
// All types are safe for many goroutines. To test with it: times are handed in,
// but for the Gate's, which has timers: use testing/synctest.
package limit
