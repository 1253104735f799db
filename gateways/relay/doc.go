// Package relay keeps, for this node, the newest version and the recent
// history of every instrument and room that somebody watches. It stands between
// the actors, which tell a sink about changes in their shard's turn, and the
// sessions, which read when their client can take it.
//
// One entry an entity, made when it is first asked for, attached to the floor
// once, and taken away when nobody has used it for Config.Linger. An entry
// that is not known is taken away at once, so made-up ids leave nothing behind. At
// most Config.Entries exist; asking for more gives ErrFull.
//
// Order: a change is taken only if its seq is not below the one that is held,
// so a late teller does no harm. Recent history is a ring for each never-lose
// stream: 120 closed bars a resolution, 1,024 trades (from the first time that
// somebody asks for trades), 512 changes of a room. What has left the ring is
// the store's to tell; Stream.After says when that is needed.
//
// A version is encoded when it is first read, once for each encoding, and
// copied from then on; an item's bytes are shared and nobody changes them.
//
// Back-pressure: none towards the actors. A sink copies under a short lock
// that is never held while encoding, and marks the sessions that want updates at once;
// a mark that is already set costs one load. Whoever drives the floor calls
// the pumps' Flushed once a record, which wakes those that were marked.
//
// To test with it: a Floor that calls the sinks from the test.
package relay
