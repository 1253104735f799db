package instrument_test

import (
	"fmt"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// A definition and a trade go in, a price and a closed bar come out.
func Example() {
	const noon = 1_723_118_400_000_000_000 // 2024-08-08 12:00:00 UTC
	b := &events.Batch{Header: events.Header{Source: "feed", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: noon}}
	g := &events.Group{
		Instrument: "X:ACME",
		Ticks: []events.Tick{
			{Kind: events.EventTick, Ref: 0},
			{Kind: events.TradeTick, SourceSeq: 1, EventTime: noon, Price: 1250, Size: 3, Side: uint8(outcryv1.Side_SIDE_BUY)},
		},
		Events: []*outcryv1.TapeEvent{{Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{PriceExponent: -2}}}},
	}
	s := instrument.New("X:ACME")
	var facts instrument.Facts
	s.Fold(b, g, &facts)
	fmt.Println("accepted", facts.Accepted)

	facts.Reset()
	s.Advance(s.Deadline(), &facts) // the second is over, and its grace
	for _, c := range facts.Closed {
		fmt.Println(c.Resolution == instrument.Second, c.Bar.Close, c.Bar.Volume, c.Bar.Turnover.Lo)
	}
	// Output:
	// accepted 2
	// true 1250 3 3750
}
