// Package outcry is the root of the tree. Its map:
//
//	proto/outcry/v1   the words: inputs, batches, rows, frames, unary calls
//	events            the log: batches, positions, publisher; embedded is its engine on disk
//	actors            the rules: instrument and room are pure folds, host runs them
//	projections       the answers: rows and their writer; sqlite is a store
//	gateways          the edge: relay, session and pump deliver; ws, rpc, udf, web and ingest are its
//	                  doors, guard stands before them, reads and command behind
//	cmd/outcry        the binary, and the only place where the stages meet
//	bench             the synthetic market and its people
//	internal          what two stages need and neither owns
//
// docs/ARCHITECTURE.md walks one tick and one message through it. arch_test.go
// keeps the map true.
package outcry
