package instrument

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// TestLatestShowsOnlyWhatIsThere: a client must be able to tell a price of zero from no price.
func TestLatestShowsOnlyWhatIsThere(t *testing.T) {
	s := New("A")
	var v View
	s.View(&v)
	if diff := cmp.Diff(&outcryv1.Latest{Instrument: "A"}, v.Latest(), protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	s = define(t, "A")
	var f Facts
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	b.Dictionary = []string{"XNAS"}
	s.Fold(b, group(b, []events.Tick{
		{SourceSeq: 1, EventTime: at0, Absent: noAsk | events.NoBidSize},
		{Kind: events.TradeTick, SourceSeq: 1, EventTime: at0, Price: 5, Size: 2, TradeID: 12345, Venue: 1},
	}, &outcryv1.TapeEvent{EventTimeNs: at0, Event: &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{State: 1}}}), &f)
	s.View(&v)
	want := &outcryv1.Latest{Instrument: "A", Seq: 4, ClockUs: at0/1000 + 1,
		Definition: &outcryv1.Definition{PriceExponent: -2, Currency: "USD", Calendar: "24x7"},
		Quote:      &outcryv1.Quote{SourceSeq: 1, EventTimeNs: at0, BidPrice: proto.Int64(0)},
		Trade:      &outcryv1.Trade{SourceSeq: 1, EventTimeNs: at0, Price: 5, Size: 2, TradeId: "12345", Venue: "XNAS"},
		Stats: &outcryv1.SessionStats{Session: at0 / second, Open: 5, High: 5, Low: 5, Last: 5, Volume: 2,
			Turnover: &outcryv1.Int128{Lo: 10}, Trades: 1, Quotes: 1},
		Status: &outcryv1.TradingStatus{State: 1}}
	if diff := cmp.Diff(want, v.Latest(), protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	if v.QuoteSeq != 4 || v.StatsSeq != 3 || v.BarChange != [Resolutions]uint64{3, 3} {
		t.Fatalf("versions %d, %d, %v", v.QuoteSeq, v.StatsSeq, v.BarChange)
	}
}

// TestBarsSurviveTheirRow: a bar read from the store must be the bar that was written.
func TestBarsSurviveTheirRow(t *testing.T) {
	for r := range Resolutions {
		for _, want := range busy(t).Bars(r, nil) {
			row := want.Proto("A", r)
			if row.Instrument != "A" || int(row.Resolution) != r+1 {
				t.Fatalf("row %v", row)
			}
			if diff := cmp.Diff(want, BarOf(row)); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

// TestAWatchedTradeIsTold: a client that asked for all trades gets each with its seq and id.
func TestAWatchedTradeIsTold(t *testing.T) {
	s := define(t, "A")
	f := Facts{WantTrades: true}
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	g := group(b, []events.Tick{
		{Kind: events.TradeTick, EventTime: at0, Price: 5, Size: 2, TradeID: 7},
		{EventTime: at0, Price: 5, AskPrice: 6},
		{Kind: events.TradeTick, EventTime: at0, Price: 6, Size: 1, Ref: 1, Side: 2},
	})
	g.Refs = []string{"X1"}
	s.Fold(b, g, &f)
	want := []SequencedTrade{
		{Seq: 2, Trade: Trade{EventTime: at0, Price: 5, Size: 2, TradeID: "7"}},
		{Seq: 4, Trade: Trade{EventTime: at0, Price: 6, Size: 1, Side: 2, TradeID: "X1"}},
	}
	if diff := cmp.Diff(want, f.Trades); diff != "" {
		t.Fatal(diff)
	}
	if f.Reset(); !f.WantTrades || len(f.Trades) != 0 {
		t.Fatalf("after Reset: %+v", f)
	}
}

// TestRefusalsAreCountedButNotAllKept: a file of a million bad lines must not fill the memory.
func TestRefusalsAreCountedButNotAllKept(t *testing.T) {
	s := New("A")
	var f Facts
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	s.Fold(b, group(b, make([]events.Tick, 5000)), &f)
	if f.Refused != 5000 || len(f.Refusals) != refusalsMax {
		t.Fatalf("%d refused, %d kept", f.Refused, len(f.Refusals))
	}
	if string(s.Snapshot(nil)) != string(New("A").Snapshot(nil)) {
		t.Fatal("refusals left a trace in the state")
	}
}

// TestFoldAllocatesNothing: at a million events a second every allocation is a pause for somebody.
func TestFoldAllocatesNothing(t *testing.T) {
	s := define(t, "A")
	var f Facts
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	b.Dictionary = []string{"XNAS", "@"}
	g := group(b, make([]events.Tick, 3))
	seq := uint64(0)
	step := func() {
		seq++
		b.IngestTime += 1000
		for i := range g.Ticks {
			g.Ticks[i] = events.Tick{SourceSeq: 3*seq + uint64(i), EventTime: b.IngestTime, Price: 5, AskPrice: 6, Size: 1, Venue: 1}
		}
		g.Ticks[2].Kind, g.Ticks[2].TradeID, g.Ticks[2].Conditions = events.TradeTick, int64(seq), 2
		f.Reset()
		s.Fold(b, g, &f)
	}
	for range 5000 {
		step()
	}
	// One block is cut every 334 folds; its data is the caller's to keep.
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Fatalf("%v allocations per fold", n)
	}
	if f.Accepted != 3 {
		t.Fatalf("accepted %s of 3", strconv.FormatUint(f.Accepted, 10))
	}
}
