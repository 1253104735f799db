package projections

import "time"

// WriterConfig; the zero value works.
type WriterConfig struct {
	// QueueRows and QueueBytes bound what waits; default 200,000 rows and 256 MiB as
	// Rows.Bytes estimates them. When the queue is full, Offer refuses and Add waits.
	QueueRows  int
	QueueBytes int
	// BatchRows is how many rows are written before they have waited for
	// FlushEvery; default 10,000. A transaction holds at least one handover, whatever its size.
	BatchRows int
	// FlushEvery is how long a row waits at most for others to share its
	// transaction; default 1 s. Readers of the store are so much behind.
	FlushEvery time.Duration
	// DrainTimeout is how long Run goes on writing after its context has ended; default 10 s.
	DrainTimeout time.Duration
	Observer     Observer
}

// Observer is told what happens; nil funcs are skipped. Called from Run: be quick.
type Observer struct {
	// Written: these rows were stored, in one transaction; they are only to be looked at.
	Written func(rows *Rows, took time.Duration)
	// WriteFailed: the store refused, for the attempt-th time in a row, while
	// so many rows wait. The same rows are tried again.
	WriteFailed func(err error, attempt, waiting int)
}

func (c WriterConfig) withDefaults() WriterConfig {
	if c.QueueRows <= 0 {
		c.QueueRows = 200_000
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 256 << 20
	}
	if c.BatchRows <= 0 {
		c.BatchRows = 10_000
	}
	if c.FlushEvery <= 0 {
		c.FlushEvery = time.Second
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = 10 * time.Second
	}
	if c.Observer.Written == nil {
		c.Observer.Written = func(*Rows, time.Duration) {}
	}
	if c.Observer.WriteFailed == nil {
		c.Observer.WriteFailed = func(error, int, int) {}
	}
	return c
}
