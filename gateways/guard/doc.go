// Package guard refuses HTTP requests that a foreign web page made a browser
// send: it stands before every handler, the WebSocket's upgrade included, because
// any website can reach loopback.
//
// Host has to be a loopback name or address, or that of an origin that was
// allowed: a foreign name that was made to resolve here (DNS rebinding) is
// refused. Origin, where there is one, has to be of a loopback host or allowed. Programs
// send no Origin; browsers send it with everything that changes state or upgrades.
//
// A handler keeps no state, waits for nothing and may be called at once.
package guard
