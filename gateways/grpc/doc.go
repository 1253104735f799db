// Package grpc is the gRPC transport: outcry.v1.Outcry/Connect, a stream of
// ClientFrame one way and of ServerFrames the other, over HTTP/2. It stands where
// gateways/ws does, last on an update's way out and first on a command's way in;
// what is delivered when is the sessions' and pumps' business. The Connect library
// speaks the protocol, so that gRPC-Web's and Connect's own clients are served as well.
//
// A message down is what the pump framed from bytes that are encoded once for
// all clients, written as it is: only its five bytes of head are gRPC's. With a
// content type that ends in +json frames are protobuf JSON both ways.
//
// One goroutine a stream reads, in order, and waits when its client's inbox is
// full; HTTP/2's window then stops the client, and no other stream. A write
// waits for the client's window in a goroutine that exists as long as it does
// (docs/decisions/0015-grpc-writes-wait.md): the pump frames nothing more for
// this client meanwhile, and nobody else waits.
//
// A message that is no frame is answered with an error and the stream goes on;
// one longer than Config.FrameBytes ends it. The status says why a stream ended,
// with an Error as its detail. A client that closes its side goes on receiving.
package grpc
