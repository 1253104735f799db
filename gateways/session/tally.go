package session

import (
	"math/bits"
	"time"
)

// Tally adds up what many sessions of one pump delivered. It belongs to the
// pump's turn and is emptied by whoever reads it.
type Tally struct {
	Latest uint64 // versions of latest-wins topics
	Merged uint64 // versions that newer ones took the place of before they were written
	Items  uint64 // of never-lose streams
	Ages   Ages   // of the versions, when their bytes were framed; snapshots are left out
}

// Steps of Ages: below 100 µs, and each twice the one before; the last has no end.
const (
	AgeSteps  = 18
	firstStep = 100 * time.Microsecond
)

// Ages counts durations in steps that double. An instrument's newest event is
// as old as its record's ingest time.
type Ages struct {
	Counts [AgeSteps]uint32
	Sum    time.Duration
}

// StepEnd is what is no longer in a step but the last.
func StepEnd(step int) time.Duration { return firstStep << step }

func (a *Ages) add(age time.Duration) {
	age = max(age, 0) // another machine's clock
	a.Counts[min(bits.Len64(uint64(age/firstStep)), AgeSteps-1)]++
	a.Sum += age
}
