package projectionstest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

func ptr(n int64) *int64 { return &n }

// wholeLatest has a value in every field, none of them the zero.
func wholeLatest(id string) *outcryv1.Latest {
	return &outcryv1.Latest{
		Instrument: id, Seq: 12, ClockUs: 1_700_000_000_000_001,
		Definition: &outcryv1.Definition{PriceExponent: -8, SizeExponent: -3, TickSize: 100, SizeStep: 10, Currency: "USDT", Calendar: "24x7", Description: "Bitcoin · ₮"},
		Quote: &outcryv1.Quote{SourceSeq: 5, EventTimeNs: -1, ReceiveTimeNs: 7, BidPrice: ptr(math.MinInt64), BidSize: ptr(1),
			AskPrice: ptr(math.MaxInt64), AskSize: ptr(2), Venue: "X", Conditions: "c"},
		Trade: &outcryv1.Trade{SourceSeq: 6, EventTimeNs: 8, ReceiveTimeNs: 9, Price: -3, Size: 4, Side: outcryv1.Side_SIDE_SELL, TradeId: "t-1", Venue: "Y", Conditions: "d"},
		Stats: &outcryv1.SessionStats{Session: 86400, Open: 1, High: 9, Low: -9, Last: 3, Volume: 100, Turnover: &outcryv1.Int128{Hi: -2, Lo: math.MaxUint64},
			BuyVolume: 50, Trades: 7, Quotes: 8, PreviousClose: 2},
		Status:  &outcryv1.TradingStatus{State: outcryv1.TradingState_TRADING_STATE_HALTED, Reason: "news"},
		Cancels: 1, Duplicates: 2, Late: 3, Gaps: 4,
	}
}

// Every field that gets lost here is missing on somebody's board after a restart.
func latestWhole(t *testing.T, s projections.Store) {
	whole, bare := wholeLatest("B:full"), &outcryv1.Latest{Instrument: "a/bare"}
	oneSided := &outcryv1.Latest{Instrument: "C", Quote: &outcryv1.Quote{AskPrice: ptr(0)}, Trade: &outcryv1.Trade{},
		Stats: &outcryv1.SessionStats{Turnover: &outcryv1.Int128{}}, Definition: &outcryv1.Definition{}, Status: &outcryv1.TradingStatus{}}
	write(t, s, &projections.Rows{Latest: []*outcryv1.Latest{whole, bare, oneSided}})
	same(t, []*outcryv1.Latest{oneSided, whole, bare}, func() ([]*outcryv1.Latest, error) {
		return s.Latest(t.Context(), []string{"C", "unknown", "B:full", "a/bare", "c"})
	})
	same(t, nil, func() ([]*outcryv1.Latest, error) { return s.Latest(t.Context(), nil) })

	older, again, newer := wholeLatest("B:full"), wholeLatest("B:full"), &outcryv1.Latest{Instrument: "B:full", Seq: 13, ClockUs: whole.ClockUs + 1}
	older.ClockUs--
	older.Seq = 99
	write(t, s, &projections.Rows{Latest: []*outcryv1.Latest{older, again}})
	same(t, []*outcryv1.Latest{whole}, func() ([]*outcryv1.Latest, error) { return s.Latest(t.Context(), []string{"B:full"}) })
	write(t, s, &projections.Rows{Latest: []*outcryv1.Latest{newer}}) // whole rows: nothing of the old one stays
	same(t, []*outcryv1.Latest{newer}, func() ([]*outcryv1.Latest, error) { return s.Latest(t.Context(), []string{"B:full"}) })
}

func instrumentsPaged(t *testing.T, s projections.Store) {
	rows := &projections.Rows{}
	for i := range 25 {
		rows.Latest = append(rows.Latest, &outcryv1.Latest{Instrument: fmt.Sprintf("VENUE:S%02d", (i*7)%25)})
	}
	rows.Latest = append(rows.Latest, &outcryv1.Latest{Instrument: "desk/%_x"})
	write(t, s, rows)
	var got []string
	for after := ""; ; {
		page, err := s.Instruments(t.Context(), "", after, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			got = append(got, l.Instrument)
			after = l.Instrument
		}
		if len(page) < 10 {
			break
		}
	}
	if len(got) != 26 || got[0] != "VENUE:S00" || got[24] != "VENUE:S24" || got[25] != "desk/%_x" {
		t.Errorf("paging gave %v", got)
	}
	for query, want := range map[string]int{"venue:s0": 10, "S1": 10, "%": 1, "_": 1, "none": 0} {
		page, err := s.Instruments(t.Context(), query, "", 100)
		if err != nil || len(page) != want {
			t.Errorf("searching %q gave %d, %v; want %d", query, len(page), err, want)
		}
	}
}

func bar(id string, r outcryv1.Resolution, at, clock int64) *outcryv1.Bar {
	return &outcryv1.Bar{Instrument: id, Resolution: r, Time: at, ClockUs: clock, State: outcryv1.BarState_BAR_STATE_FORMING, Turnover: &outcryv1.Int128{}}
}

func all(id string, r outcryv1.Resolution) projections.BarsQuery {
	return projections.BarsQuery{Instrument: id, Resolution: r, From: math.MinInt64, Limit: 1000}
}

func barsWhole(t *testing.T, s projections.Store) {
	whole := &outcryv1.Bar{Instrument: "A", Resolution: minute, Time: -60, Open: -1, High: 9, Low: math.MinInt64, Close: 3, Volume: 10,
		Turnover: &outcryv1.Int128{Hi: math.MaxInt64, Lo: 5}, BuyVolume: 4, Trades: 7, FirstSeq: 1, LastSeq: 9, Revision: 2,
		State: outcryv1.BarState_BAR_STATE_REVISED, Dirty: true, BarSeq: 8, ClockUs: 5, OpenTimeNs: -6, CloseTimeNs: 6}
	lowest := bar("A", minute, 300, 1)
	lowest.Turnover = &outcryv1.Int128{Hi: math.MinInt64}
	b := []*outcryv1.Bar{whole, bar("A", minute, 0, 1), bar("A", minute, 120, 1), lowest}
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{b[3], b[0], bar("A", second, 1, 1), bar("B", minute, 60, 1), b[2], b[1]}})
	for _, c := range []struct {
		from, to int64
		limit    int
		newest   bool
		want     []*outcryv1.Bar
	}{
		{math.MinInt64, 0, 10, false, b},
		{0, 0, 10, false, b[1:]},
		{0, 300, 10, false, b[1:3]}, // to is not included
		{1, 301, 10, false, b[2:]},
		{1, 120, 10, false, nil},
		{math.MinInt64, 0, 2, false, b[:2]},
		{math.MinInt64, 0, 2, true, b[2:]},
		{math.MinInt64, 300, 2, true, b[1:3]},
		{100, 300, 2, true, b[2:3]},
	} {
		same(t, c.want, func() ([]*outcryv1.Bar, error) {
			return s.Bars(t.Context(), projections.BarsQuery{Instrument: "A", Resolution: minute, From: c.from, To: c.to, Limit: c.limit, Newest: c.newest})
		})
	}
	if _, err := s.Bars(t.Context(), all("A", outcryv1.Resolution_RESOLUTION_5M)); err == nil {
		t.Error("bars of 5m were read; they are merged, not kept")
	}
}

// A client's cursor in the stream of closed bars must find what came after it.
func barsAfter(t *testing.T, s projections.Store) {
	closed := func(at, clock int64, seq uint64) *outcryv1.Bar {
		b := bar("A", second, at, clock)
		b.State, b.BarSeq = outcryv1.BarState_BAR_STATE_CLOSED, seq
		return b
	}
	one, two, three, other := closed(1, 1, 1), closed(2, 2, 2), closed(3, 3, 3), closed(1, 1, 9)
	other.Resolution = minute
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{three, one, two, other, bar("A", second, 4, 4)}})
	after := func(seq uint64, limit int) func() ([]*outcryv1.Bar, error) {
		return func() ([]*outcryv1.Bar, error) { return s.BarsAfter(t.Context(), "A", second, seq, limit) }
	}
	same(t, []*outcryv1.Bar{one, two, three}, after(0, 10))
	same(t, []*outcryv1.Bar{two}, after(1, 1))
	same(t, nil, after(3, 10))
	revised := closed(1, 5, 4)
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{revised, closed(2, 1, 5)}}) // the second is older than what is there
	same(t, []*outcryv1.Bar{two, three, revised}, after(0, 10))
}

func dirtyBars(t *testing.T, s projections.Store) {
	clean, marked := bar("A", minute, 60, 1), bar("A", minute, 60, 1)
	marked.Dirty = true
	mark := projections.DirtyBar{Instrument: "A", Resolution: minute, Time: 60, ClockUs: 1}
	read := func() ([]*outcryv1.Bar, error) { return s.Bars(t.Context(), all("A", minute)) }
	write(t, s, &projections.Rows{Dirty: []projections.DirtyBar{mark}}) // no row, no effect
	same(t, nil, read)
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{clean}, Dirty: []projections.DirtyBar{mark}})
	same(t, []*outcryv1.Bar{marked}, read)
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{clean}}) // the same version once more
	same(t, []*outcryv1.Bar{marked}, read)
	restated := bar("A", minute, 60, 2)
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{restated}})
	same(t, []*outcryv1.Bar{restated}, read)
	write(t, s, &projections.Rows{Bars: []*outcryv1.Bar{clean}, Dirty: []projections.DirtyBar{mark}}) // folded once more
	same(t, []*outcryv1.Bar{restated}, read)
}

func blocks(t *testing.T, s projections.Store) {
	block := func(first, last uint64, data []byte) *outcryv1.TickBlock {
		return &outcryv1.TickBlock{Instrument: "A", Day: -3, FirstSeq: first, LastSeq: last, Ticks: uint32(last - first + 1),
			FirstTimeNs: -9, LastTimeNs: 9, ClockUs: 4, Data: data}
	}
	large := bytes.Repeat([]byte("tick \x00\xff"), 2_000)
	b := []*outcryv1.TickBlock{block(1, 10, large), block(11, 11, nil), block(15, 20, []byte{0}), block(21, 30, []byte("x"))}
	write(t, s, &projections.Rows{Blocks: []*outcryv1.TickBlock{b[2], b[0], b[3], b[1]}})
	write(t, s, &projections.Rows{Blocks: []*outcryv1.TickBlock{b[0], {Instrument: "B", FirstSeq: 2, LastSeq: 100}}})
	for _, c := range []struct {
		after uint64
		limit int
		want  []*outcryv1.TickBlock
	}{{0, 10, b}, {0, 2, b[:2]}, {5, 10, b}, {10, 10, b[1:]}, {12, 10, b[2:]}, {17, 1, b[2:3]}, {20, 10, b[3:]}, {30, 10, nil}} {
		same(t, c.want, func() ([]*outcryv1.TickBlock, error) { return s.Blocks(t.Context(), "A", c.after, c.limit) })
	}
}

// Breaks for users: an operator turns bars of 1s off and on again, and charts show an
// hour without trades that had thousands.
func secondBars(t *testing.T, s projections.Store) {
	ctx := t.Context()
	for step, kept := range []bool{true, true, false, false} {
		if err := s.KeepSecondBars(ctx, kept); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	if err := s.KeepSecondBars(ctx, true); !errors.Is(err, projections.ErrSecondBarsLeftOut) {
		t.Errorf("stored again: %v", err)
	}
	if err := s.KeepSecondBars(ctx, false); err != nil {
		t.Error("still left out:", err)
	}
}
