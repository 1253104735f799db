package pipeline

import (
	outcryv1 "outcry/proto/outcry/v1"
)

// Kind of an Outcome.
type Kind uint8

const (
	// Passed all stages: it goes into the log.
	Passed Kind = iota
	// Filtered: left out on purpose.
	Filtered
	// Duplicate of one that was there before.
	Duplicate
	// Poisoned: it can never pass as it is.
	Poisoned
)

func (k Kind) String() string {
	return [...]string{"passed", "filtered", "duplicate", "poison"}[k]
}

// Outcome is what became of one message.
type Outcome struct {
	Kind Kind
	// Stage that decided, and why; empty for what passed.
	Stage, Reason string
	// Event and its Epoch, of what passed.
	Event *outcryv1.IngestEvent
	Epoch string

	id    identity // 0: none is remembered
	first int      // 1 + the message of the same batch that it repeats; 0: of one before
}

// Counts of messages that are settled: In = Out + Filtered + Duplicates + Poisoned, exactly.
type Counts struct {
	In, Out, Filtered, Duplicates, Poisoned int
	// Late is how many of the duplicates came so long after newer ones that
	// the fold cannot tell whether they are new, and refuses them.
	Late int
}

// Add adds up.
func (c *Counts) Add(d Counts) {
	c.In += d.In
	c.Out += d.Out
	c.Filtered += d.Filtered
	c.Duplicates += d.Duplicates
	c.Poisoned += d.Poisoned
	c.Late += d.Late
}
