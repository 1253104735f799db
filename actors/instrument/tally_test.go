package instrument

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// part is what trades alone decide of a bar.
func part(b Bar) Bar {
	return Bar{Time: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume, BuyVolume: b.BuyVolume,
		Turnover: b.Turnover, Trades: b.Trades, FirstSeq: b.FirstSeq, LastSeq: b.LastSeq, OpenTimeNs: b.OpenTimeNs, CloseTimeNs: b.CloseTimeNs}
}

// Breaks for users: a chart that a client builds from what it was told of skipped trades
// shows other bars than the server's, however the trades were cut into updates.
func TestTalliesAddUpToTheBars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, facts := define(t, "A"), Facts{WantTally: true}
		var whole, pending Tally
		now := int64(at0) + 12*3600*second
		for range rapid.IntRange(1, 30).Draw(t, "groups") {
			now += rapid.SampledFrom([]int64{1, second, 20 * second, 90 * second}).Draw(t, "later")
			facts.Reset()
			b := batchOf(outcryv1.Mode_MODE_IMPORT, now)
			var g events.Group
			for range rapid.IntRange(1, 5).Draw(t, "trades") {
				g.Ticks = append(g.Ticks, events.Tick{Kind: events.TradeTick, Size: rapid.Int64Range(1, 1000).Draw(t, "size"),
					EventTime: now - rapid.Int64Range(0, 100).Draw(t, "ago")*second, Price: rapid.Int64Range(-300, 300).Draw(t, "price"),
					Side: uint8(rapid.IntRange(0, 2).Draw(t, "side"))})
			}
			b.Instruments = []events.Group{g}
			s.Fold(b, &b.Instruments[0], &facts)
			pending.Merge(&facts.Tally)
			if rapid.Bool().Draw(t, "shown") {
				whole.Merge(&pending)
				pending.Reset()
			}
		}
		whole.Merge(&pending)
		var got, want []Bar
		for i := range whole.Minutes() {
			got = append(got, whole.Minute(i))
		}
		for _, bar := range s.Bars(Minute, nil) {
			want = append(want, part(bar))
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		if whole.Earlier().Trades != 0 {
			t.Fatalf("%+v is not told apart", whole.Earlier())
		}
	})
}

// Breaks for users: a client that stood still for a day costs its server memory for each
// minute, or loses volume that no update ever tells.
func TestATallyIsBoundedAndLosesNothing(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var one, whole, pending Tally
		var want sums
		for i := range 500 {
			tr := trade{at: (r.Int64N(200) + int64(i)/4) * 60 * second, price: r.Int64N(100), size: 1 + r.Int64N(9), seq: uint64(i + 1), buy: i%3 == 0}
			want.add(&tr)
			one.add(&tr)
			pending.add(&tr)
			if r.IntN(8) == 0 {
				whole.Merge(&pending)
				pending.Reset()
			}
		}
		whole.Merge(&pending)
		for _, tally := range []*Tally{&one, &whole} {
			if n := tally.Minutes(); n > TallyMinutes {
				t.Fatalf("seed %d: %d minutes", seed, n)
			}
			sum, before := tally.earlier, tally.upTo
			for i := range tally.minutes {
				if tally.minutes[i].time <= before {
					t.Fatalf("seed %d: minute %d comes after %d", seed, tally.minutes[i].time, before)
				}
				before = tally.minutes[i].time
				sum.join(&tally.minutes[i].sums)
			}
			if diff := cmp.Diff(part(want.part(0)), sum.part(0)); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
	}
}

// Breaks for users: what allocates for each trade is paid for by everybody's latency.
func TestTallyingAllocatesNothing(t *testing.T) {
	var tally, pending Tally
	n := 0
	add := func() {
		n++
		pending.Reset()
		pending.add(&trade{at: int64(n) * 60 * second, price: 1, size: 1, seq: uint64(n)})
		tally.Merge(&pending)
	}
	for range 2 * TallyMinutes {
		add()
	}
	if allocated := testing.AllocsPerRun(100, add); allocated != 0 {
		t.Errorf("%v allocations", allocated)
	}
}
