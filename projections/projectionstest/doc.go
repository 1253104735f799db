// Package projectionstest is what every store of projections must do: one
// suite, run by each engine's own tests. A store that passes can stand behind
// the row writer, the host's checkpoints and the gateways' reads.
package projectionstest
