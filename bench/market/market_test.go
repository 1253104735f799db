package market

import (
	"math"
	"testing"

	"outcry/events"
)

// A demo whose prices do not behave like prices would mislead whoever tries the product.
func TestMarketBehavesLikeOne(t *testing.T) {
	list := Listing()
	const rate, seconds = 1000, 600
	m := New(list, rate, 1, 0)
	var n, trades, bursts int
	perSecond := make([]int, seconds+1)
	first, last := make([]float64, len(list)), make([]float64, len(list))
	seqs := make([][2]uint64, len(list))
	m.Advance(seconds*1e9, func(i int, tick *events.Tick) {
		n++
		perSecond[tick.EventTime/1e9]++
		seqs[i][tick.Kind]++
		if tick.SourceSeq != seqs[i][tick.Kind] {
			t.Fatalf("%s: seq %d after %d", list[i].ID, tick.SourceSeq, seqs[i][tick.Kind]-1)
		}
		if tick.Price <= 0 || tick.Size <= 0 {
			t.Fatalf("%s: %+v", list[i].ID, tick)
		}
		if tick.Kind == events.TradeTick {
			trades++
		} else if tick.AskPrice <= tick.Price {
			t.Fatalf("crossed: %+v", tick)
		}
		if first[i] == 0 {
			first[i] = float64(tick.Price)
		}
		last[i] = float64(tick.Price)
	})
	for _, k := range perSecond {
		if k > 3*n/seconds/2 {
			bursts++
		}
	}
	if got := float64(n) / seconds; got < rate/2 || got > rate*2 {
		t.Errorf("%.0f events/s, asked for %d", got, rate)
	}
	if share := float64(trades) / float64(n); share < 0.1 || share > 0.3 {
		t.Errorf("share of trades %.2f", share)
	}
	if bursts == 0 {
		t.Error("no second was busier than one and a half times the mean")
	}
	moved := 0
	for i := range first {
		if change := math.Abs(last[i]/first[i] - 1); change > 0.5 {
			t.Errorf("%s moved by %.0f %% in ten minutes", list[i].ID, 100*change)
		} else if change > 0.0002 {
			moved++
		}
	}
	if moved < len(list)/2 {
		t.Errorf("only %d of %d moved", moved, len(list))
	}
}

// A replay of the demo must be the demo.
func TestSameSeedGivesTheSameTicks(t *testing.T) {
	run := func() (all []events.Tick) {
		New(Listing(), 500, 7, 0).Advance(5e9, func(_ int, t *events.Tick) { all = append(all, *t) })
		return all
	}
	a, b := run(), run()
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d and %d ticks", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("tick %d: %+v and %+v", i, a[i], b[i])
		}
	}
}

// The demo's history must run into its present: another time step or rate may not make another market.
func TestACoarseHistoryIsAMarketToo(t *testing.T) {
	list := Listing()
	m := New(list, 15, 3, 0)
	m.Step = 200e6
	const hours = 8
	n, last := 0, int64(0)
	m.Advance(hours*3600e9, func(_ int, tick *events.Tick) {
		n++
		if tick.EventTime < last || tick.Price <= 0 {
			t.Fatalf("%+v after %d", tick, last)
		}
		last = tick.EventTime
	})
	if rate := float64(n) / (hours * 3600); rate < 5 || rate > 45 {
		t.Errorf("%.1f events/s, asked for 15", rate)
	}
	for i, in := range list {
		if change := m.Price(i) / in.Price; change < 0.5 || change > 2 {
			t.Errorf("%s went from %g to %g in %d hours", in.ID, in.Price, m.Price(i), hours)
		}
	}
}
