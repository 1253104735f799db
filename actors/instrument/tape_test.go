package instrument

import (
	"pgregory.net/rapid"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// at0 is 2024-08-08 00:00:00 UTC, ns.
const at0 = 1_723_075_200 * second

func definition(price, size int32) *outcryv1.TapeEvent {
	return &outcryv1.TapeEvent{EventTimeNs: at0, Event: &outcryv1.TapeEvent_Definition{
		Definition: &outcryv1.Definition{PriceExponent: price, SizeExponent: size, Currency: "USD"}}}
}

// define makes an instrument that ticks can be folded into.
func define(t rapid.TB, id string) *State {
	t.Helper()
	s := New(id)
	var f Facts
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	g := group(b, nil, definition(-2, 0))
	if s.Fold(b, g, &f); f.Accepted != 1 {
		t.Fatalf("the definition was not accepted: %+v", f)
	}
	return s
}

func batchOf(mode outcryv1.Mode, ingest int64) *events.Batch {
	return &events.Batch{Header: events.Header{Source: "feed", Epoch: "1", Mode: mode, IngestTime: ingest}}
}

// group puts ticks and then events into a batch of one group.
func group(b *events.Batch, ticks []events.Tick, evs ...*outcryv1.TapeEvent) *events.Group {
	for i := range evs {
		ticks = append(ticks, events.Tick{Kind: events.EventTick, Ref: uint32(i)})
	}
	b.Instruments = []events.Group{{Instrument: "A", Ticks: ticks, Events: evs}}
	return &b.Instruments[0]
}
