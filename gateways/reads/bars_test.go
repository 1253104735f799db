package reads

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"outcry/actors/instrument"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// printed is a trade as the test knows it.
type printed struct{ second, price, size, buy int64 }

// tally makes the bars of an interval out of trades in order of time: the plain way.
func tally(trades []printed, interval int64) (bars []instrument.Bar) {
	for _, p := range trades {
		open := day0 + p.second/interval*interval
		if n := len(bars); n == 0 || bars[n-1].Time != open {
			bars = append(bars, instrument.Bar{Time: open, Open: p.price, High: p.price, Low: p.price})
		}
		b := &bars[len(bars)-1]
		b.High, b.Low, b.Close = max(b.High, p.price), min(b.Low, p.price), p.price
		b.Volume, b.BuyVolume, b.Trades = b.Volume+p.size, b.BuyVolume+p.buy, b.Trades+1
		b.Turnover = b.Turnover.Add(instrument.Product(p.price, p.size))
	}
	return bars
}

// plain keeps of an answer what tally knows.
func plain(bars []*outcryv1.Bar) (out []instrument.Bar) {
	for _, p := range bars {
		b := instrument.BarOf(p)
		out = append(out, instrument.Bar{Time: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close,
			Volume: b.Volume, BuyVolume: b.BuyVolume, Trades: b.Trades, Turnover: b.Turnover})
	}
	return out
}

// trade fills some days unevenly: minutes that follow one another, and nights without any.
// A part of the rows is written, the rest is known to the actor alone.
func (h *house) trade(draw *rapid.T) (trades []printed) {
	second := int64(rapid.IntRange(0, 3000).Draw(draw, "start"))
	n := rapid.IntRange(1, 250).Draw(draw, "trades")
	written := n - rapid.IntRange(0, 60).Draw(draw, "unwritten")
	for i := range n {
		p := printed{second: second, price: int64(rapid.IntRange(-50, 500).Draw(draw, "price")), size: int64(rapid.IntRange(1, 9).Draw(draw, "size"))}
		h.print(p.second, p.price, p.size)
		if h.seq%2 == uint64(outcryv1.Side_SIDE_BUY) {
			p.buy = p.size
		}
		trades = append(trades, p)
		second += int64(rapid.SampledFrom([]int{0, 1, 7, 59, 60, 61, 200, 900, 40_000}).Draw(draw, "pause"))
		if i == written-1 {
			h.write()
		}
	}
	return trades
}

var intervals = []outcryv1.Resolution{1, 2, 3, 4, 5, 6}

// A chart of another resolution, or of another part of the history, must show the same trades.
func TestBarsOfEveryResolutionEqualTheTrades(t *testing.T) {
	h, n := newHouse(t), 0
	rapid.Check(t, func(draw *rapid.T) {
		n++
		h.list(fmt.Sprint("ACME", n))
		trades := h.trade(draw)
		r := rapid.SampledFrom(intervals).Draw(draw, "resolution")
		all := tally(trades, seconds[r])
		last := trades[len(trades)-1].second + 1
		h.rowsAtOnce = rapid.IntRange(1, 60).Draw(draw, "rows at once")
		from := day0 + int64(rapid.IntRange(-100, int(last)).Draw(draw, "from"))
		to := from + int64(rapid.IntRange(1, int(last)+200_000).Draw(draw, "width"))
		h.checkRange(draw, r, all, from, to)
		h.checkNewest(draw, r, all, to)
	})
}

// checkRange pages through [from, to).
func (h *house) checkRange(t *rapid.T, r outcryv1.Resolution, all []instrument.Bar, from, to int64) {
	want := slices.DeleteFunc(slices.Clone(all), func(b instrument.Bar) bool { return b.Time < from || b.Time >= to })
	limit := uint32(rapid.IntRange(1, 7).Draw(t, "limit"))
	var got []instrument.Bar
	for more := true; more; {
		answer, err := h.Bars(h.t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: r, From: from, To: to, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		page := plain(answer.Bars)
		if more = answer.More; more && len(page) == 0 {
			t.Fatal("an empty page says that there is more")
		}
		got = append(got, page...)
		if len(got) > 0 {
			from = got[len(got)-1].Time + 1
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%v of [%d, %d) by %d: %s", r, from, to, limit, diff)
	}
}

// checkNewest asks as charts do that page to the left.
func (h *house) checkNewest(t *rapid.T, r outcryv1.Resolution, all []instrument.Bar, to int64) {
	want := slices.DeleteFunc(slices.Clone(all), func(b instrument.Bar) bool { return b.Time >= to })
	n := rapid.IntRange(1, 5).Draw(t, "count_back")
	answer, err := h.Bars(h.t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: r, To: to, CountBack: uint32(n), From: day0})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[max(0, len(want)-n):], plain(answer.Bars), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%v, %d before %d: %s", r, n, to, diff)
	}
}

// A request that ends inside a bar showed a bar whose volume was cut off there.
func TestABarIsWholeAlsoWhereTheRequestEndsInsideIt(t *testing.T) {
	h := newHouse(t)
	for minute := range int64(6) {
		h.print(minute*60, 100+minute, 1)
	}
	for _, q := range []*outcryv1.BarsRequest{{To: day0 + 150, CountBack: 1}, {From: day0, To: day0 + 150, Limit: 10}} {
		q.Instrument, q.Resolution = h.id, outcryv1.Resolution_RESOLUTION_5M
		answer, err := h.Bars(t.Context(), q)
		if err != nil || len(answer.Bars) != 1 || answer.Bars[0].Volume != 5 || answer.Bars[0].Close != 104 {
			t.Errorf("%v: %v, %v", q, answer, err)
		}
	}
}

// A weekend says where the chart goes on; the left edge says that nothing does.
func TestAnEmptyRangeNamesTheBarBefore(t *testing.T) {
	h := newHouse(t)
	h.print(3600, 100, 1)
	h.print(3661, 101, 1)
	h.write()
	for from, want := range map[int64]int64{day0 + 80_000: day0 + 3660, day0 + 10: 0} {
		answer, err := h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1M, From: from, To: from + 60, Limit: 10})
		if err != nil || len(answer.Bars) != 0 || answer.NextTime != want {
			t.Errorf("from %d: %v, %v", from, answer, err)
		}
	}
}

// Without the actor's newer bar the chart's last bar lags a second behind the price.
func TestTheFormingBarIsTheActors(t *testing.T) {
	h := newHouse(t)
	h.print(0, 100, 1)
	h.print(1, 105, 2)
	answer, err := h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1M, CountBack: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []*outcryv1.Bar{{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1M, Time: day0, Open: 100, High: 105, Low: 100, Close: 105, Volume: 3}}
	if diff := cmp.Diff(want, answer.Bars, protocmp.Transform(), protocmp.IgnoreFields(&outcryv1.Bar{},
		"turnover", "buy_volume", "trades", "first_seq", "last_seq", "clock_us", "open_time_ns", "close_time_ns", "state")); diff != "" {
		t.Error(diff)
	}
}

// A chart of years asks for millions of minutes at once: one such client must
// not cost the server its memory, and still must get all that it pages through.
func TestTheRowsOfOneAnswerAreBounded(t *testing.T) {
	h := newHouse(t)
	const days = 40
	var trades []printed
	for i := range int64(days * 8) {
		p := printed{second: i * 3 * 3600, price: 100 + i%7, size: 1 + i%3}
		h.print(p.second, p.price, p.size)
		if h.seq%2 == uint64(outcryv1.Side_SIDE_BUY) {
			p.buy = p.size
		}
		trades = append(trades, p)
	}
	h.write()
	all := tally(trades, 86_400)
	h.rowsAtOnce, h.rowsMost = 16, 64
	var got []instrument.Bar
	pages := 0
	for from, more := int64(0), true; more; pages++ {
		before := h.store.rows.Load()
		answer, err := h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1D, From: from, Limit: 5000})
		if err != nil || len(answer.Bars) == 0 {
			t.Fatal(answer, err)
		}
		if n := h.store.rows.Load() - before; n > 64+16 {
			t.Errorf("a page of %d bars cost %d rows", len(answer.Bars), n)
		}
		got = append(got, plain(answer.Bars)...)
		from, more = got[len(got)-1].Time+1, answer.More
	}
	if diff := cmp.Diff(all, got); diff != "" || pages < 4 {
		t.Errorf("%d pages: %s", pages, diff)
	}
	before := h.store.rows.Load()
	answer, err := h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1D, CountBack: 5000})
	if err != nil {
		t.Fatal(err)
	}
	newest := plain(answer.Bars)
	if n := h.store.rows.Load() - before; n > 64+16 || len(newest) < 5 {
		t.Errorf("the newest %d bars cost %d rows", len(newest), n)
	}
	if diff := cmp.Diff(all[len(all)-len(newest):], newest); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkAYearOfDays is the largest chart that people look at: 365 bars of a day, from 525,600 minutes.
func BenchmarkAYearOfDays(b *testing.B) {
	w := newTown(b)
	w.list("ACME")
	const minutes = 365 * 1440
	for i := range int64(minutes) {
		w.pending.Bars = append(w.pending.Bars, &outcryv1.Bar{Instrument: "ACME", Resolution: outcryv1.Resolution_RESOLUTION_1M, Time: day0 + i*60,
			Open: 1, High: 2, Low: 1, Close: 2, Volume: 3, Trades: 1, State: outcryv1.BarState_BAR_STATE_CLOSED, BarSeq: uint64(i + 1), Turnover: &outcryv1.Int128{Lo: 6}})
		if len(w.pending.Bars) == 10_000 || i == minutes-1 {
			if err := w.store.Write(b.Context(), &w.pending); err != nil {
				b.Fatal(err)
			}
			w.pending = projections.Rows{}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		a, err := w.Bars(b.Context(), &outcryv1.BarsRequest{Instrument: "ACME", Resolution: outcryv1.Resolution_RESOLUTION_1D, CountBack: 365})
		if err != nil || len(a.Bars) != 365 || a.Bars[0].Volume != 3*1440 {
			b.Fatalf("%d bars, %v", len(a.GetBars()), err)
		}
	}
}
