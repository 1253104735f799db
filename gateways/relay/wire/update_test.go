package wire

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// updateProperty writes updates behind one another and reads them with the generated code.
func updateProperty(t *rapid.T) {
	for _, e := range []Encoding{Binary, JSON} {
		want := &outcryv1.ServerFrames{}
		written := e.Open([]byte("before"))
		for range rapid.IntRange(1, 3).Draw(t, "frames") {
			u, m := drawUpdate(t), drawMerged(t)
			message := u.message()
			message.Merged = m.message()
			written = e.Update(written, e.UpdateBody(nil, u), e.MergedPart(nil, m))
			want.Frames = append(want.Frames, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Update{Update: message}})
		}
		written = e.Close(written)
		if string(written[:6]) != "before" {
			t.Fatalf("what stood before became %q", written[:6])
		}
		same(t, want, decode(t, e, written[6:]))
	}
}

// A field that is written by hand with another number or type than the schema's shows
// people a wrong price, or nothing.
func TestUpdatesByHandSayWhatGeneratedCodeSays(t *testing.T) { rapid.Check(t, updateProperty) }

func FuzzUpdate(f *testing.F) { f.Fuzz(rapid.MakeFuzz(updateProperty)) }

// A price of zero shown as no price, or the other way round, is a wrong quote.
func TestAQuoteTellsZeroFromAbsent(t *testing.T) {
	v := &instrument.View{Instrument: "A", Seq: 7, HasQuote: true,
		Quote: instrument.Quote{AskSize: 5, Absent: events.NoAskPrice | events.NoBidSize}}
	for _, e := range []Encoding{Binary, JSON} {
		written := e.Close(e.Update(e.Open(nil), e.UpdateBody(nil, &Update{Slot: Quote, View: v}), nil))
		want := &outcryv1.Update{Instrument: "A", Seq: 7, Version: &outcryv1.Update_Quote{Quote: &outcryv1.Latest{
			Quote: &outcryv1.Quote{BidPrice: proto.Int64(0), AskSize: proto.Int64(5)}}}}
		same(t, &outcryv1.ServerFrames{Frames: []*outcryv1.ServerFrame{{Frame: &outcryv1.ServerFrame_Update{Update: want}}}}, decode(t, e, written))
	}
}

// The claim of doc.go: an update by hand allocates nothing once the buffer is there.
func TestAnUpdateByHandAllocatesNothing(t *testing.T) {
	v, m := busyView(), busyMerged()
	for slot := range Slot(Slots) {
		u := &Update{Slot: slot, View: v}
		buf, body, merged := make([]byte, 0, 4096), make([]byte, 0, 4096), make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() {
			body, merged = Binary.UpdateBody(body[:0], u), Binary.MergedPart(merged[:0], m)
			buf = Binary.Update(buf[:0], body, merged)
		}); n != 0 {
			t.Errorf("slot %d: %v allocations", slot, n)
		}
	}
}

// busyMerged are a few minutes' trades.
func busyMerged() *Merged { return &Merged{Events: 321, Trades: tallyOf(1, 2, 61, 125)} }

func busyView() *instrument.View {
	bar := instrument.Bar{Time: 1_700_000_000, Open: 6_512_345, High: 6_600_000, Low: 6_400_000, Close: 6_512_399, Volume: 123_456,
		BuyVolume: 65_432, Turnover: instrument.Product(6_512_345, 123_456), Trades: 321, FirstSeq: 1_000_000, LastSeq: 1_004_000,
		BarSeq: 1234, ClockUs: 1_700_000_000_000_000, OpenTimeNs: 1_700_000_000_000_000_001, CloseTimeNs: 1_700_000_000_900_000_000, State: 1}
	return &instrument.View{Instrument: "BTCUSDT", Seq: 1_004_000, ClockUs: bar.ClockUs, Defined: true, HasQuote: true, HasTrade: true,
		Quote: instrument.Quote{SourceSeq: 99_999_999, EventTime: bar.OpenTimeNs, ReceiveTime: bar.OpenTimeNs, BidPrice: 6_512_344, BidSize: 1000, AskPrice: 6_512_346, AskSize: 2000},
		Trade: instrument.Trade{SourceSeq: 99_999_998, EventTime: bar.OpenTimeNs, Price: 6_512_345, Size: 10, Side: 1, TradeID: "123456789"},
		Stats: instrument.Stats{Session: 1_699_920_000, Open: 6_400_000, High: 6_600_000, Low: 6_300_000, Last: 6_512_345, Volume: 1 << 40, Turnover: bar.Turnover, Trades: 54_321, Quotes: 949_679},
		Bars:  [instrument.Resolutions]instrument.Bar{bar, bar}, HasBar: [instrument.Resolutions]bool{true, true}, QuoteSeq: 1_004_000, StatsSeq: 1_004_000}
}
