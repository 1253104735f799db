package instrument

import (
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// naive is a bar computed the slow way: all trades of the interval, sorted.
type naive struct{ trades []trade }

func (n *naive) bar(width int64) Bar {
	byTime := slices.Clone(n.trades) // arrival order: ascending seq
	slices.SortStableFunc(byTime, func(a, b trade) int { return int(max(min(a.at-b.at, 1), -1)) })
	first, last := byTime[0], byTime[len(byTime)-1]
	b := Bar{Time: first.at / width * width / second, Open: first.price, Close: last.price, High: first.price, Low: first.price,
		OpenTimeNs: first.at, CloseTimeNs: last.at, Trades: uint64(len(byTime)), FirstSeq: n.trades[0].seq, LastSeq: n.trades[len(n.trades)-1].seq}
	sum := new(big.Int)
	for _, t := range byTime {
		b.High, b.Low = max(b.High, t.price), min(b.Low, t.price)
		b.Volume += t.size
		if t.buy {
			b.BuyVolume += t.size
		}
		sum.Add(sum, new(big.Int).Mul(big.NewInt(t.price), big.NewInt(t.size)))
	}
	b.Turnover = Int128{Hi: new(big.Int).Rsh(sum, 64).Int64(), Lo: new(big.Int).And(sum, new(big.Int).SetUint64(1<<64-1)).Uint64()}
	return b
}

// TestBarsEqualANaiveModel: whatever the order and the grouping of trades, of
// whatever modes, bars must hold exactly the trades of their interval, and their closed
// versions must be a stream without holes whose last word is the state's. Otherwise charts are wrong.
func TestBarsEqualANaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := define(t, "A")
		model := [Resolutions]map[int64]*naive{{}, {}}
		newest := [Resolutions]map[int64]Bar{{}, {}}
		var versions [Resolutions]uint64
		now, seq := int64(at0)+12*3600*second, uint64(1)
		spread := rapid.SampledFrom([]int64{second, 20 * second, 50 * second}).Draw(t, "spread")
		for range rapid.IntRange(1, 30).Draw(t, "groups") {
			now += rapid.SampledFrom([]int64{0, second / 2, 2 * second}).Draw(t, "later")
			b := batchOf(outcryv1.Mode(rapid.IntRange(1, 2).Draw(t, "mode")), now)
			g := group(b, nil)
			for range rapid.IntRange(1, 5).Draw(t, "trades") {
				at := now + rapid.Int64Range(-spread, spread/10).Draw(t, "at")/1000*1000
				tick := events.Tick{Kind: events.TradeTick, EventTime: at, Price: rapid.Int64Range(-1<<62, 1<<62).Draw(t, "price"),
					Size: rapid.Int64Range(1, 1<<50).Draw(t, "size"), Side: rapid.Uint8Range(0, 2).Draw(t, "side")}
				g.Ticks = append(g.Ticks, tick)
				seq++
				for r, m := range model {
					start := at / widths[r] * widths[r]
					if m[start] == nil {
						m[start] = &naive{}
					}
					m[start].trades = append(m[start].trades, trade{at: at, price: tick.Price, size: tick.Size, seq: seq, buy: tick.Side == 1})
				}
			}
			var f Facts
			s.Fold(b, g, &f)
			if f.Accepted != uint64(len(g.Ticks)) || len(f.Dirty) != 0 {
				t.Fatalf("not all were accepted: %+v", f)
			}
			follow(t, &f, &versions, newest)
		}
		for r, m := range model {
			bars := s.Bars(r, nil)
			if len(bars) != len(m) {
				t.Fatalf("%d bars, the model has %d", len(bars), len(m))
			}
			for _, b := range bars {
				if v, ok := newest[r][b.Time]; ok != (b.State != outcryv1.BarState_BAR_STATE_FORMING) || ok && v != b {
					t.Fatalf("the stream's last word is %+v, the state's %+v", v, b)
				}
				want := m[b.Time*second].bar(widths[r])
				want.BarSeq, want.ClockUs, want.Revision, want.State = b.BarSeq, b.ClockUs, b.Revision, b.State
				if diff := cmp.Diff(want, b); diff != "" {
					t.Fatal(diff)
				}
			}
		}
	})
}

// TestTheNewestBarsAreKept: of a long day the newest 120 bars stay, late
// prints among them, and a print that is older makes its stored bar dirty, not a kept one wrong.
func TestTheNewestBarsAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := define(t, "A")
		kept := map[int64]int64{} // volume by open time
		at, spread := int64(at0), rapid.Int64Range(1, 200).Draw(t, "spread")
		var f Facts
		for range rapid.IntRange(20, 40).Draw(t, "groups") {
			b := batchOf(outcryv1.Mode_MODE_IMPORT, at0+day-1)
			g := group(b, nil)
			var dirty []DirtyBar
			for range 10 {
				at += second
				late := at - rapid.Int64Range(0, 1).Draw(t, "late")*rapid.Int64Range(0, spread).Draw(t, "seconds")*second
				late = max(late, at0)
				g.Ticks = append(g.Ticks, events.Tick{Kind: events.TradeTick, EventTime: late, Price: 1, Size: 1})
				oldest := slices.Min(append(slices.Collect(maps.Keys(kept)), late))
				if d := (DirtyBar{Resolution: Second, Time: late / second}); kept[late] == 0 && len(kept) == barsMax && late == oldest {
					if len(dirty) == 0 || dirty[len(dirty)-1] != d {
						dirty = append(dirty, d)
					}
					continue
				}
				kept[late]++
				if len(kept) > barsMax {
					delete(kept, oldest)
				}
			}
			f.Reset()
			s.Fold(b, g, &f)
			if diff := cmp.Diff(dirty, f.Dirty, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
			got := map[int64]int64{}
			last := int64(0)
			for _, b := range s.Bars(Second, nil) {
				if b.Time <= last {
					t.Fatalf("a bar at %d after one at %d", b.Time, last)
				}
				last = b.Time
				got[b.Time*second] = b.Volume
			}
			if diff := cmp.Diff(kept, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// follow reads closed bars as a client does: dense numbers, each bar closed once, then revised one by one.
func follow(t rapid.TB, f *Facts, versions *[Resolutions]uint64, newest [Resolutions]map[int64]Bar) {
	t.Helper()
	for _, c := range f.Closed {
		before, known := newest[c.Resolution][c.Bar.Time]
		versions[c.Resolution]++
		switch b := c.Bar; {
		case b.BarSeq != versions[c.Resolution]:
			t.Fatalf("version %d of the stream came as number %d", b.BarSeq, versions[c.Resolution])
		case b.State != outcryv1.BarState_BAR_STATE_CLOSED && b.State != outcryv1.BarState_BAR_STATE_REVISED,
			b.State == outcryv1.BarState_BAR_STATE_CLOSED && (known || b.Revision != 0),
			b.State == outcryv1.BarState_BAR_STATE_REVISED && b.Revision != before.Revision+1,
			known && b.ClockUs <= before.ClockUs:
			t.Fatalf("%+v came after %+v", b, before)
		}
		newest[c.Resolution][c.Bar.Time] = c.Bar
	}
}
