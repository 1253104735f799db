// Package socket is the cheapest WebSocket client there is, for benchmarks: it
// reads messages into one buffer of its own and checks nothing that servers under
// measure get right, so that thousands of clients leave the machine to the server.
package socket
