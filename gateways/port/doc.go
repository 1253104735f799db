// Package port is the one port of a server: what HTTP/1.1, HTTP/2 and
// WebSocket clients connect to. It stands before the guard and the transports, and
// owns what is the same for all of them: the socket's options, HTTP's limits and TLS.
//
// A certificate comes from files that are read again when they change, or is
// made for trials. HTTP/2 is spoken in plain text to clients that begin with it (gRPC's do), and
// over TLS where it is negotiated.
//
// A peer whose kernel does not answer for two minutes is given up, whatever the
// transport: by keep-alive where nothing is under way, else by the kernel's bound on
// sending again (Linux 6.15 and newer, with net.ipv4.tcp_retries2 as it comes), else
// by looking at its connection; there, one that did not read before it vanished takes up to six
// minutes. Elsewhere than on Linux the system's own time holds. Nothing here closes a
// peer that merely does not read: HTTP/2's own pings would, since a process that
// stands still does not answer them, and so would TCP_USER_TIMEOUT.
package port
