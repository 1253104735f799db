package market

import (
	"math"
	"math/rand/v2"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Instrument is one synthetic instrument.
type Instrument struct {
	ID         string
	Definition *outcryv1.Definition
	// Price at the start and Tick, both in currency units.
	Price, Tick float64
	// Volatility per square root of a year, such as 0.5.
	Volatility float64
	// Weight is its share of the events, against the others'.
	Weight float64
}

// Listing is the demo's market: names and prices are invented.
func Listing() []Instrument {
	names := []struct {
		id, description string
		price, vol, w   float64
	}{
		{"DEMO:AXIOM", "Axiom Instruments", 184.20, 0.35, 9}, {"DEMO:BRINE", "Brine Desalination", 41.75, 0.55, 5},
		{"DEMO:CEDAR", "Cedar Timber", 63.10, 0.30, 3}, {"DEMO:DRIFT", "Drift Logistics", 27.36, 0.60, 4},
		{"DEMO:EMBER", "Ember Energy", 95.42, 0.45, 7}, {"DEMO:FJORD", "Fjord Shipping", 118.90, 0.40, 4},
		{"DEMO:GLYPH", "Glyph Software", 312.05, 0.50, 9}, {"DEMO:HELIX", "Helix Biotech", 52.48, 0.85, 6},
		{"DEMO:INDGO", "Indigo Dyes", 14.82, 0.50, 2}, {"DEMO:JUNOS", "Junos Aerospace", 227.60, 0.38, 4},
		{"DEMO:KITES", "Kite Robotics", 71.15, 0.70, 6}, {"DEMO:LUMEN", "Lumenworks", 8.93, 0.90, 5},
		{"DEMO:MARLN", "Marlin Fisheries", 36.40, 0.28, 2}, {"DEMO:NIMBU", "Nimbus Cloud", 149.75, 0.55, 8},
		{"DEMO:OPALS", "Opal Minerals", 22.67, 0.65, 3}, {"DEMO:PRISM", "Prism Optics", 88.31, 0.45, 4},
		{"DEMO:QUARK", "Quark Semiconductors", 441.20, 0.60, 10}, {"DEMO:RIVET", "Rivet Motors", 58.04, 0.58, 6},
		{"DEMO:SABLE", "Sable Apparel", 33.90, 0.42, 2}, {"DEMO:TERRA", "Terra Agronomics", 76.55, 0.33, 3},
		{"DEMO:UMBRA", "Umbra Security", 129.08, 0.52, 5}, {"DEMO:VERTX", "Vertex Lifts", 47.23, 0.37, 2},
		{"DEMO:WILLO", "Willow Foods", 61.88, 0.22, 2}, {"DEMO:XENON", "Xenon Gases", 105.60, 0.40, 3},
		{"DEMO:YONDR", "Yonder Travel", 19.47, 0.75, 4}, {"DEMO:ZEPHR", "Zephyr Wind", 68.72, 0.62, 5},
		{"FX:AURDRM", "Aurum / Drachm", 1.08452, 0.09, 8}, {"FX:DRMYEL", "Drachm / Yellow Crown", 151.327, 0.11, 6},
		{"COIN:HASH", "Hashcoin", 61837.63, 0.80, 10}, {"COIN:LATT", "Lattice", 2683.80, 0.95, 7},
		{"COIN:PEBL", "Pebble", 0.13427, 1.30, 4},
	}
	all := make([]Instrument, len(names))
	for i, n := range names {
		tick, exponent := 0.01, int32(-2)
		if n.price < 5 {
			tick, exponent = 0.00001, -5
		}
		all[i] = Instrument{ID: n.id, Price: n.price, Tick: tick, Volatility: n.vol, Weight: n.w,
			Definition: &outcryv1.Definition{PriceExponent: exponent, SizeExponent: 0, TickSize: 1, SizeStep: 1,
				Currency: "XTS", Calendar: "24x7", Description: n.description + " (synthetic)"}}
	}
	return all
}

// walker is the state of one instrument.
type walker struct {
	tick, price, sigma, vol float64 // price in ticks; sigma per sqrt(ns) at rest; vol is log-volatility
	mean, heat              float64 // events per ns at rest; excitement
	trend                   float64 // sign of the newest trades, -1 to 1
	seqs                    [2]uint64
	bid, ask                int64
}

// Market gives the ticks of all instruments in the order of time.
type Market struct {
	// Step is how finely time passes, in ns; 0 is 5 ms, finer than what eyes
	// see. A coarse one makes hours of history in a moment.
	Step int64

	rng     *rand.Rand
	walkers []walker
	at      int64
	nextID  int64
}

const nsPerYear = 365.25 * 24 * 3600 * 1e9

// New makes a market that begins at start (ns since 1970) and gives about rate events a second.
func New(instruments []Instrument, rate float64, seed uint64, start int64) *Market {
	m := &Market{rng: rand.New(rand.NewPCG(seed, 0x07c1)), at: start}
	total := 0.0
	for _, in := range instruments {
		total += in.Weight
	}
	for _, in := range instruments {
		m.walkers = append(m.walkers, walker{tick: in.Tick, price: in.Price / in.Tick,
			sigma: in.Volatility / math.Sqrt(nsPerYear), mean: rate / 1e9 * in.Weight / total * calm})
	}
	return m
}

// calm is the share of events that come without being excited by others:
// an event raises its instrument's rate, so that on average 1/calm events follow.
const (
	calm       = 0.5
	excitement = 1 - calm
	decayNs    = 400e6 // excitement fades with 0.4 s
	newsNs     = 15e9  // between two news
	tradeShare = 0.18
	// The synthetic market moves 4 times as fast as a year's volatility says, so
	// that a few minutes of a demo have something to show.
	pace = 4
)

// Advance gives the ticks up to now, calling emit with the instrument's
// number. The tick is only valid during the call; its source sequences rise
// by one per instrument and kind, its receive time is its event time.
func (m *Market) Advance(now int64, emit func(instrument int, t *events.Tick)) {
	step := m.Step
	if step == 0 {
		step = 5e6
	}
	for m.at < now {
		dt := min(step, now-m.at)
		m.at += dt
		m.news(float64(dt))
		for i := range m.walkers {
			w := &m.walkers[i]
			m.move(w, float64(dt))
			for range m.arrivals(w, float64(dt)) {
				emit(i, m.tick(w))
			}
		}
	}
}

// Price of an instrument now, in currency units.
func (m *Market) Price(instrument int) float64 {
	w := &m.walkers[instrument]
	return w.price * w.tick
}

// news strikes one instrument now and then: a burst of events and a wider market.
func (m *Market) news(dt float64) {
	if m.rng.Float64() < dt/newsNs {
		w := &m.walkers[m.rng.IntN(len(m.walkers))]
		w.heat += w.mean * 60e9 // what a minute brings at rest, within the second
		w.vol = min(w.vol+0.8, 1.8)
	}
}

// move lets time pass: volatility returns to its mean, excitement fades, the price walks.
func (m *Market) move(w *walker, dt float64) {
	hours := dt / 3.6e12
	w.vol += -2*w.vol*hours*60 + 0.9*math.Sqrt(hours*60)*m.rng.NormFloat64()
	w.vol = max(-1.2, min(1.8, w.vol))
	w.heat *= math.Exp(-dt / decayNs)
	sd := w.sigma * pace * math.Exp(w.vol) * math.Sqrt(dt)
	w.price *= math.Exp(sd*m.rng.NormFloat64() - sd*sd/2)
	w.price = max(w.price, 20)
}

func (m *Market) arrivals(w *walker, dt float64) int {
	expected := w.mean*math.Exp(w.vol/2)*dt + w.heat*(1-math.Exp(-dt/decayNs))
	n := 0
	for p := m.rng.ExpFloat64(); p < expected && n < 1000; p += m.rng.ExpFloat64() {
		n++
	}
	w.heat = min(w.heat+float64(n)*excitement, 60e9*w.mean+200)
	return n
}
