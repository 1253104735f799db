// Package room holds the rules of the talk: a pure fold of what people ask of
// one room, and of what archives bring into it, into numbered changes. It
// stands between the log (events) and everything that shows or stores answers;
// actors/host calls it, and so do replay tools.
//
// Order: the inputs of one room come in the order of its partition of the log,
// group by group. Every accepted one is a change with the room's next dense seq
// and a strictly rising clock. Same groups, same state, same facts, same hash, on
// every machine: there is no clock, float, randomness, map order, lock or I/O here.
//
// Once: a command is known by (user, client message id). The newest 4,096 are
// remembered with their outcome; what has left and can't be told from new is TOO_OLD.
// An import is known by (source, epoch, source sequence).
//
// Membership: whoever joins first owns the room. Joining again changes
// nothing. When the owner leaves, the person who has been in for longest follows; in
// a room without people whoever joins next does. Names that an archive brings
// are listed as members, but never own anything, and an archive never moves a person.
//
// Staff: the owner and moderators, and whoever acts with Staff set, which gateways
// do for people with that grant, kick people out, ban and unban them, mute and unmute them, and add them. A private room is joined
// by being added only. Who may see a room is its Audience; gateways keep to it. In a room with
// since_join members see what came from their joining on, others nothing.
//
// Two people's conversation is the room of DirectID. The first input with the
// other's name opens it: both are members, nobody owns it, it is private for good. Nobody
// else gets in, neither does an archive, and it is not left.
//
// Past: the newest 512 changes stand in the state as they are now, and so do
// the 256 older posts that were changed last. To change any other one, or to answer
// it, the gateway has to put what the store says of it beside the command (Base);
// without it, or with one that may lack a change, the command is refused as
// STALE_BASE, which leaves the id free: the same command is decided anew.
// A deleted post loses its text and reactions, and so do its edits among the newest
// 512 changes; rows of edits that are older keep their text until it is erased by key.
//
// Ownership: a State belongs to one goroutine and keeps nothing of a group;
// Facts belong to the caller, which reuses them. Messages, members and rooms
// that were handed out never change again and may be kept.
//
// Bounds, and what happens when one is reached, stand at their constants. In all
// a room takes at most about 17 MiB: 4 MiB of newest changes, 2 MiB of older
// ones, 4 MiB of members and 2 MiB of ids (if all names were of the greatest length), 5 MiB of
// imports' sources. A room of 50 people who write as people do takes under 1 MiB.
// Nothing here waits, so there is no back-pressure.
//
// To test with it: make a RoomGroup by hand, Fold, look at Facts.
package room
