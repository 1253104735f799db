package main

import (
	"context"
	"sync/atomic"
	"time"

	"outcry/actors/host"
	"outcry/events"
	"outcry/projections"
)

// benchTap is what a benchmark changes in a server: it counts what is folded,
// and leaves out the rows when told to. nil is no benchmark.
type benchTap struct {
	withoutRows bool
	folded      atomic.Int64 // inputs of instruments
}

// benchConfig is a quiet server on a port of its own.
func benchConfig(c *config, data string, tap *benchTap) (*config, error) {
	c.data, c.http, c.admin, c.logLevel, c.bench = data, "127.0.0.1:0", "", "warn", tap
	return c, c.check()
}

func (t *benchTap) host(c host.Config) host.Config {
	if t == nil {
		return c
	}
	if t.withoutRows {
		c.Rows, c.Checkpoints = noRows{}, noRows{}
	}
	told := c.Observer.Folded
	c.Observer.Folded = func(k events.Kind, partition int32, offset int64, inputs int, lag time.Duration) {
		if k == events.Instrument {
			t.folded.Add(int64(inputs))
		}
		told(k, partition, offset, inputs, lag)
	}
	return c
}

// noRows takes rows and forgets them.
type noRows struct{}

// Offer is for the host.
func (noRows) Offer(*projections.Rows) (bool, error) { return true, nil }

// AwaitRoom is for the host.
func (noRows) AwaitRoom(context.Context) error { return nil }

// Add is for the host.
func (noRows) Add(_ context.Context, _ *projections.Rows, stored func()) error {
	if stored != nil {
		stored()
	}
	return nil
}

// Checkpoints is for the host: there are none.
func (noRows) Checkpoints(context.Context, events.Kind, int32) ([]projections.Checkpoint, error) {
	return nil, nil
}

// Part is for the host: there is none.
func (noRows) Part(context.Context, projections.PartKey) ([]byte, error) {
	return nil, projections.ErrNoPart
}

// Prune is for the host.
func (noRows) Prune(context.Context, events.Kind, int32, int) error { return nil }
