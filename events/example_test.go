package events

import (
	"context"
	"fmt"

	outcryv1 "outcry/proto/outcry/v1"
)

// A feed opens a stream, adds what it observed and waits until it is durable;
// a shard decodes the record.
func Example() {
	ctx := context.Background()
	log := newMemoryLog(16) // or embedded.Open
	p := NewPublisher(log, PublisherConfig{Now: func() int64 { return 1_700_000_000_000_000_000 }})
	s := p.Open("demo.trade", "2026-01-01", outcryv1.Mode_MODE_LIVE)
	trade := Tick{Kind: TradeTick, SourceSeq: 1, EventTime: 1_699_999_999_999_000_000, Price: 4_200_000, Size: 3, TradeID: 77, Venue: s.Word("XDEM")}
	if err := s.Tick(ctx, "DEMO:GOLD", &trade, ""); err != nil {
		fmt.Println(err)
	}
	positions, err := s.Flush(ctx)
	fmt.Println(positions, err)
	if err := p.Close(ctx); err != nil {
		fmt.Println(err)
	}

	var d Decoder
	at := positions[0]
	b, err := d.Decode(log.records[at.Kind-1][at.Partition][at.Offset])
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, g := range b.Instruments {
		for _, t := range g.Ticks {
			fmt.Println(b.Source, g.Instrument, t.Price, t.Size, b.Dictionary[t.Venue-1])
		}
	}
	// Output:
	// [instrument/6@0] <nil>
	// demo.trade DEMO:GOLD 4200000 3 XDEM
}

// A window takes each sequence once and counts what a source skipped.
func ExampleWindow() {
	var w Window
	for _, seq := range []uint64{1, 2, 5, 4, 4} {
		v, gap := w.See(seq)
		fmt.Println(seq, v == New, gap)
	}
	// Output:
	// 1 true 0
	// 2 true 0
	// 5 true 2
	// 4 true 0
	// 4 false 0
}
