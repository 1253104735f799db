// Package fault makes the errors that clients see. It stands at the edge,
// behind every transport and gateway: what a client may do after each code, and
// what each protocol has for it (gRPC status, HTTP status, WebSocket close code),
// is written beside the code in proto/outcry/v1/errors.proto and read from its
// descriptor here. docs/ERRORS.md is made from the same.
//
// It holds no state, waits for nothing and may be called from anywhere.
package fault
