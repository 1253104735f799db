// Package fault is the one table of what a client may do after each error. It
// stands at the edge, behind every transport and gateway: they make their
// errors here, and map the code to what their protocol has for it (gRPC status,
// HTTP status, close code). It is pure and holds no state.
package fault
