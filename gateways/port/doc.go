// Package port is the one port of a server: what HTTP/1.1, HTTP/2 and
// WebSocket clients connect to. It stands before the guard and the transports, and
// owns what is the same for all of them: the socket's options, HTTP's limits and TLS.
//
// A certificate comes from files that are read again when they change, or is
// made for trials. HTTP/2 is spoken in plain text to clients that begin with it (gRPC's do), and
// over TLS where it is negotiated.
//
// A peer that is gone is given up after two minutes without an answer of its
// kernel. Nothing here closes a peer that merely does not read: HTTP/2's own
// pings would, since a process that stands still does not answer them.
package port
