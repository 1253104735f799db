// Package session is one client's conversation, over whatever transport: hello,
// subscriptions of both delivery classes, commands, pages of history, heartbeat.
// It stands between the relay and the pump; a transport turns bytes into
// client frames and frames into bytes, and owns none of what is decided here.
//
// A Session belongs to one pump: its methods are called in the pump's turn,
// and what ends elsewhere (a command's decision, a read) comes back through
// Options.Post. It has no goroutine but the one of a read under way, and no clock
// but the times it is handed.
//
// Latest-wins topics keep the version that was written last; Fill writes the
// freshest one at the moment of writing. With a rate they are compared when
// their interval is over, without one they are marked by the relay. Never-lose
// topics keep a cursor and read on from it: the relay's recent history first, and what
// is older through History, one read at a time, beside the turn.
//
// What a client may rely on in order: the answer to Subscribe comes before
// anything of its topics, a topic's snapshot before its updates, a stream's
// items by rising seq, each with the one before. Between topics there is no order.
//
// Bounds: see Limits. A client that does not read gets nothing framed and has
// nothing read from it: its due topics are at most its subscriptions, its
// replies at most repliesMax and what it had asked for before. Too much asked for
// is refused with a code, never queued.
//
// To test with it: New, Open, Receive frames, Fill into a slice; the relay fed by hand.
package session
