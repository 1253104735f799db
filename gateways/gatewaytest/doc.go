// Package gatewaytest says what every transport must do: one table of
// scenarios that each of them passes over its own connections. What is a
// transport's own (frames that are cut in pieces, close codes) its own tests cover.
//
// Behind the transport stands the real edge (relay, sessions, pumps) over a
// Floor: real folds of instruments and rooms, in memory, without log, shards
// or store. A test moves the floor and looks at what a client gets.
//
// Nothing here sleeps: a scenario waits for frames, or for what an Observer tells.
// What does not come within a generous time is a failure.
package gatewaytest
