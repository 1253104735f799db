package main

import (
	"fmt"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// batchTicks is how many inputs come together; blocks do not depend on it.
const batchTicks = 500

// blocksOf folds ticks as a server does and gives all blocks, the open one too.
func blocksOf(id string, d *outcryv1.Definition, ticks []events.Tick) (blocks []instrument.Block, err error) {
	s, f := instrument.New(id), &instrument.Facts{}
	fold := func(g events.Group, ingest int64) error {
		f.Reset()
		g.Instrument = id
		s.Fold(&events.Batch{Header: events.Header{Source: "capture", Epoch: "1", Mode: outcryv1.Mode_MODE_IMPORT, IngestTime: ingest}}, &g, f)
		if int(f.Accepted) != len(g.Ticks) {
			return fmt.Errorf("folding %s: %d of %d ticks were accepted: %v", id, f.Accepted, len(g.Ticks), f.Refusals)
		}
		blocks = append(blocks, f.Blocks...)
		return nil
	}
	now := ticks[len(ticks)-1].ReceiveTime // all of a file is imported at once
	if err := fold(events.Group{Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{
		{Event: &outcryv1.TapeEvent_Definition{Definition: d}}}}, now); err != nil {
		return nil, err
	}
	for len(ticks) > 0 {
		n := min(batchTicks, len(ticks))
		if err := fold(events.Group{Ticks: ticks[:n]}, now); err != nil {
			return nil, err
		}
		ticks = ticks[n:]
	}
	if b, ok := s.OpenBlock(); ok {
		blocks = append(blocks, b)
	}
	return blocks, nil
}
