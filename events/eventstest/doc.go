// Package eventstest says what every engine behind events.Log must do: one
// suite that each of them passes. An engine's own tests cover what is its own:
// files and power cuts, or brokers.
//
// The suite starts no goroutine that outlives it and never sleeps; what does
// not arrive within a generous time is a failure.
package eventstest
