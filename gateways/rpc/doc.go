// Package rpc answers the unary calls of outcry.v1.Outcry: JSON over HTTP
// (Connect), gRPC and gRPC-Web from one handler, and gives the client that
// the command line uses. It is the home of the Connect library.
//
// A call reads (through Reads), commands a room (through Commands) or takes
// inputs in (through Ingest); outcry.v1.Admin is for operators, on a listener of
// its own. rpc owns none of their rules. It bounds what is
// asked for, and turns errors into codes.
package rpc
