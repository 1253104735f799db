// Package resume seals what a session is subscribed to into a token that the client
// keeps: whichever node gets it back goes on where the session ended, without a store. It
// stands between the sessions and the key file that all nodes share.
//
// A token gives no right to anything: who presents it signs in as always, it opens for
// its own user alone, and what it subscribes to is checked like any subscription. Sealing
// (XChaCha20-Poly1305) keeps clients from reading and changing what a server will act on.
//
// Keys are changed without a pause: the first of the file seals, all of them open. Add the
// new key behind the old one on every node, then move it to the front, and take the old
// one away once no token of it can be young enough.
//
// Bounds: a token has at most Most bytes, and what does not fit is ErrTooLarge. Safe for
// many goroutines; nothing waits, but for Refresh, which reads the file.
//
// To test with it: Parse of a key in the test, Seal, Open.
package resume
