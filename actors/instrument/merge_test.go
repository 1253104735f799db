package instrument

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// TestMergedBarsEqualBarsOfTheTrades: an hour's bar merged from minutes must
// be the bar that the hour's trades give, and merging in steps must change
// nothing, or charts of two resolutions disagree.
func TestMergedBarsEqualBarsOfTheTrades(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := define(t, "A")
		var f Facts
		b := batchOf(outcryv1.Mode_MODE_IMPORT, at0+day)
		g := group(b, nil)
		model := map[int64]*naive{}
		for i := range rapid.IntRange(1, 60).Draw(t, "trades") {
			at := int64(at0) + rapid.Int64Range(0, 119*60).Draw(t, "at")*second
			tick := events.Tick{Kind: events.TradeTick, EventTime: at, Price: rapid.Int64Range(-1<<40, 1<<40).Draw(t, "price"),
				Size: rapid.Int64Range(1, 1<<40).Draw(t, "size"), Side: rapid.Uint8Range(0, 2).Draw(t, "side")}
			g.Ticks = append(g.Ticks, tick)
			start := at / (3600 * second)
			if model[start] == nil {
				model[start] = &naive{}
			}
			model[start].trades = append(model[start].trades, trade{at: at, price: tick.Price, size: tick.Size, seq: uint64(i) + 2, buy: tick.Side == 1})
		}
		s.Fold(b, g, &f)
		minutes := s.Bars(Minute, nil)
		hours := Merge(minutes, 3600)
		if diff := cmp.Diff(hours, Merge(Merge(minutes, 900), 3600)); diff != "" {
			t.Fatalf("in steps: %s", diff)
		}
		if len(hours) != len(model) {
			t.Fatalf("%d hours of %d", len(hours), len(model))
		}
		for _, h := range hours {
			want := model[h.Time/3600].bar(3600 * second)
			want.BarSeq, want.ClockUs, want.Revision, want.State = h.BarSeq, h.ClockUs, h.Revision, h.State
			if diff := cmp.Diff(want, h); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// TestMergedBarsSayWhatTheirPartsSay: a bar whose last minute forms is forming,
// and a mark of a cancelled trade is not lost in a larger one.
func TestMergedBarsSayWhatTheirPartsSay(t *testing.T) {
	minutes := []Bar{
		{Time: -60, Volume: 1, State: outcryv1.BarState_BAR_STATE_CLOSED, BarSeq: 1},
		{Time: 0, Volume: math.MaxInt64, State: outcryv1.BarState_BAR_STATE_REVISED, Revision: 2, Dirty: true, BarSeq: 9},
		{Time: 60, Volume: 5, State: outcryv1.BarState_BAR_STATE_CLOSED, BarSeq: 3},
		{Time: 300, Volume: 1, State: outcryv1.BarState_BAR_STATE_CLOSED},
		{Time: 360, Volume: 1, State: outcryv1.BarState_BAR_STATE_FORMING},
	}
	want := []Bar{
		{Time: -300, Volume: 1, State: outcryv1.BarState_BAR_STATE_CLOSED, BarSeq: 1},
		{Time: 0, Volume: math.MaxInt64, State: outcryv1.BarState_BAR_STATE_REVISED, Revision: 2, Dirty: true, BarSeq: 9},
		{Time: 300, Volume: 2, State: outcryv1.BarState_BAR_STATE_FORMING},
	}
	if diff := cmp.Diff(want, Merge(minutes, 300)); diff != "" {
		t.Fatal(diff)
	}
}

// TestProductsAreExact: turnover is money; one unit off in 2^126 is wrong.
func TestProductsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b"), rapid.Int64().Draw(t, "c")
		got := Product(a, b).Add(Product(c, b))
		want := new(big.Int).Add(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), new(big.Int).Mul(big.NewInt(c), big.NewInt(b)))
		value := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(got.Hi), 64), new(big.Int).SetUint64(got.Lo))
		wrap := new(big.Int).Lsh(big.NewInt(1), 127)
		if want.Cmp(wrap) < 0 && value.Cmp(want) != 0 {
			t.Fatalf("%v, want %v", value, want)
		}
	})
}
