package sqlite

import (
	"runtime"
	"time"
)

const (
	// paceRows is after how many rows a transaction lets others have the processor, some
	// 0.4 ms. Thousands of rows in one go took one of two processors for 150 ms, and pushes
	// waited: their p99 at 200,000 events/s was 30 ms.
	paceRows = 32
	// paceRest is how long it sleeps then. Yielding alone does not help: a
	// goroutine that is ready goes on before another processor's queue is looked at.
	paceRest = 50 * time.Microsecond
	// paceBlock is how many rows the packing of a tick block takes the time of.
	paceBlock = 12
	// paceMost bounds the credit.
	paceMost = time.Second
)

// pace slows transactions down where there is time for it: they may rest for as long as
// nothing was to be written before. Who is behind rests no more. One transaction at a time.
type pace struct {
	rows   int // since the newest rest
	credit time.Duration
	ended  time.Time // of the newest transaction
}

// begin says that a transaction starts.
func (p *pace) begin() {
	if !p.ended.IsZero() {
		p.credit = min(p.credit+time.Since(p.ended), paceMost)
	}
}

// did says that as much as so many rows takes is about to be done.
func (p *pace) did(rows int) {
	if p.rows += rows; p.rows <= paceRows {
		return
	}
	p.rows = rows
	if p.credit <= 0 {
		runtime.Gosched()
		return
	}
	start := time.Now()
	time.Sleep(paceRest)
	p.credit -= time.Since(start)
}

// end says that it is over.
func (p *pace) end() { p.ended = time.Now() }
