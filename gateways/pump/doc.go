// Package pump drives the sessions: a few actors, each of which owns many
// clients and their connections. It stands between the sessions and the transports, and
// is where bytes leave.
//
// A turn takes what was posted and marked, ticks what is due, and then serves
// each client that has something: reads the frames it sent, fills one buffer (the
// pump's own) from the freshest versions, and writes it with one call that
// does not wait. A connection that took less keeps the rest, at most 256 KB, in
// memory of its own, and a goroutine waits with it; until that is written
// nothing is framed for this client and nothing of it is read, and nobody else notices.
//
// A pump is one Proto.Actor actor: an actor a client costs a mailbox and a
// goroutine start each, and those wait behind one another (p99 41-164 ms at
// 400,000 events a second, 9 ms so).
//
// Order: a client's frames are handled in the order of Receive, what is
// posted for it in the order of posting. Ownership: Conn and Framing are
// called by the pump alone, but for Conn.Write, which a waiting goroutine calls while
// the pump does not touch the connection.
//
// Back-pressure: Receive waits while inboxFrames of a client are not handled;
// a client that has sent nothing keeps no room for them.
// A client whose connection takes no more is therefore not read either. What
// is posted is bounded by what sessions let be under way.
//
// A panic in a session ends that client, is logged, and costs no other.
//
// To test with it: Start, Open with a Conn of the test's.
package pump
