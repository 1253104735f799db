// Package ws is the WebSocket transport: the last stage of an update on its
// way out, the first of a command on its way in. It upgrades, cuts messages out of a
// connection's bytes and wraps those that go out; what is delivered when is
// the sessions' and pumps' business. It is the home of gobwas/ws.
//
// Subprotocols: outcry.v1.proto (binary messages, protobuf) and outcry.v1.json
// (text, protobuf JSON). A message from the client is one ClientFrame, one to
// it is one ServerFrames. docs/PROTOCOL.md has the contract and the close codes.
//
// A connection of which nothing comes has no goroutine and no buffer: it is
// parked in an epoll set (Linux, plain TCP). When the kernel says that bytes are there,
// a goroutine reads, waiting for the rest of a message where it has to, until a
// message is handled and nothing that was read is left; then it parks the connection and
// reads another. The set is told to report once, and what is there already, too, so
// that nothing is lost between the last look and the parking. Whoever takes a connection
// out of parked reads it: the set, or the pump's Close, which wakes it to hang up. Over
// TLS and on other systems a goroutine a connection reads and waits.
//
// A client's messages are read in order, and reading waits when its inbox is full, so a
// client is read as fast as it is served. Writing is the pump's,
// by one system call that does not wait (on Linux, macOS and other Unixes;
// elsewhere, and over TLS, a goroutine waits for each message).
//
// A message that is no frame is answered with an error and the connection
// goes on; bytes that are no WebSocket, and messages longer than allowed, close
// it with a code. A peer that merely does not read is never closed for it.
//
// permessage-deflate (RFC 7692) is negotiated where Config says so, without
// memory between messages: writers and readers are pooled, and a client's message
// is unfolded no further than its bound.
//
// Memory: a parked connection is one struct here (docs/decisions/0017-idle-connections-are-parked.md).
// One that is read has 512 bytes of reader, a goroutine, and the message under way
// (at most Config.FrameBytes), of which 1 KB is kept for the next that is read.
package ws
