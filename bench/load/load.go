package load

import (
	"fmt"
	"math/rand/v2"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// TradesOf is one trade in so many events.
const TradesOf = 10

// Floor makes the ticks of all instruments. Not for many goroutines.
type Floor struct {
	ids    []string
	random *rand.PCG
	pick   alias
	states []walk
	trades int64
	tick   events.Tick
}

// walk is what the next tick of an instrument follows on.
type walk struct {
	mid  int64
	seqs [2]uint64 // by kind of tick
}

// New makes a floor of so many instruments; number 0 is the busiest.
func New(instruments int, seed uint64) *Floor { return newFloor(zipf(instruments), seed) }

// Even makes a floor whose instruments are equally busy.
func Even(instruments int, seed uint64) *Floor {
	weights := make([]float64, instruments)
	for i := range weights {
		weights[i] = 1
	}
	return newFloor(weights, seed)
}

func newFloor(weights []float64, seed uint64) *Floor {
	instruments := len(weights)
	f := &Floor{random: rand.NewPCG(seed, 0x0f100), pick: newAlias(weights), states: make([]walk, instruments)}
	for i := range f.states {
		f.ids = append(f.ids, fmt.Sprintf("BENCH:I%05d", i))
		f.states[i].mid = 10_000 + int64(f.random.Uint64()%1_000_000)
	}
	return f
}

// IDs of the instruments, by number.
func (f *Floor) IDs() []string { return f.ids }

// Definition is the same for all.
func Definition() *outcryv1.Definition {
	return &outcryv1.Definition{PriceExponent: -2, TickSize: 1, SizeStep: 1, Currency: "XTS", Calendar: "24x7", Description: "load (synthetic)"}
}

// Next gives the tick of an event time, ns. It is valid until the next call;
// source sequences rise by one per instrument and kind.
func (f *Floor) Next(at int64) (instrument int, t *events.Tick) {
	i := f.pick.draw(f.random.Uint64())
	w, r := &f.states[i], f.random.Uint64()
	w.mid = max(1000, w.mid+int64(r%5)-2)
	size := 1 + int64(r>>8&511)
	t = &f.tick
	if r>>32%TradesOf == 0 {
		w.seqs[events.TradeTick]++
		f.trades++
		*t = events.Tick{Kind: events.TradeTick, SourceSeq: w.seqs[events.TradeTick], EventTime: at, ReceiveTime: at,
			Price: w.mid, Size: size, Side: uint8(1 + r>>20&1), TradeID: f.trades}
		return i, t
	}
	w.seqs[events.QuoteTick]++
	*t = events.Tick{Kind: events.QuoteTick, SourceSeq: w.seqs[events.QuoteTick], EventTime: at, ReceiveTime: at,
		Price: w.mid - 1, Size: size, AskPrice: w.mid + 1, AskSize: 1 + int64(r>>20&511)}
	return i, t
}

// zipf gives weights that fall with the rank.
func zipf(n int) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1 / float64(i+1)
	}
	return weights
}
