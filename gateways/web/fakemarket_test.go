package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// market is a random walk of instruments with two decimals, and their bars.
// Its history is made up at the start: two days of 1m, ten minutes of 1s.
type market struct {
	mu          sync.Mutex
	random      *rand.Rand
	instruments map[string]*fakeInstrument
	ids         []string
}

type fakeInstrument struct {
	latest *outcryv1.Latest
	bars   map[int64][]*outcryv1.Bar // by seconds of the base resolution, ascending
	stale  *outcryv1.Staleness
}

var symbols = []string{
	"AURUM", "ARGENT", "BRENTA", "COPPR", "DELTA", "EMBER", "FJORD", "GRANO", "HELIX", "INDIGO", "JUNO", "KELP", "LUMEN", "MISTRAL",
	"NOVA", "ONYX", "PIKE", "QUARTZ", "RAVEN", "SOLAR", "TUNDRA", "UMBRA", "VESTA", "WILLOW", "XENON", "YARROW", "ZEPHYR", "ATLAS",
}

func newMarket(count int) *market {
	m := &market{random: rand.New(rand.NewPCG(1, 2)), instruments: map[string]*fakeInstrument{}}
	for n := range count {
		id := "SIM:" + symbols[n%len(symbols)]
		if n >= len(symbols) {
			id += strconv.Itoa(n / len(symbols))
		}
		m.ids = append(m.ids, id)
		m.instruments[id] = m.list(id, int64(math.Pow(10, 3.2+float64(n%5)*0.6))+int64(n)*37)
	}
	return m
}

// list makes an instrument up, with a history that ends now at price.
func (m *market) list(id string, price int64) *fakeInstrument {
	i := &fakeInstrument{bars: map[int64][]*outcryv1.Bar{}, latest: &outcryv1.Latest{
		Instrument: id, Seq: 1, Stats: &outcryv1.SessionStats{},
		Definition: &outcryv1.Definition{PriceExponent: -2, SizeExponent: -3, TickSize: 1, Currency: "USD", Calendar: "24x7", Description: "Synthetic " + id[4:]},
	}}
	now := time.Now().Unix()
	for seconds, count := range map[int64]int64{60: 2 * 24 * 60, 1: 600} {
		open := price
		for n := count; n > 0; n-- {
			i.bars[seconds] = append(i.bars[seconds], m.madeUp(id, seconds, (now/seconds-n)*seconds, &open))
		}
	}
	minutes := i.bars[60]
	s := i.latest.Stats
	s.Open, s.High, s.Low = minutes[len(minutes)-240].Open, 0, math.MaxInt64
	for _, b := range minutes[len(minutes)-240:] {
		s.High, s.Low, s.Volume = max(s.High, b.High), min(s.Low, b.Low), s.Volume+b.Volume
		s.Trades += b.Trades
	}
	s.PreviousClose, s.Last = s.Open-s.Open/200, minutes[len(minutes)-1].Close
	s.Turnover = &outcryv1.Int128{Lo: uint64(s.Volume) * uint64((s.High+s.Low)/2)}
	i.trade(m.random, s.Last, 1000, time.Now())
	return i
}

func (m *market) madeUp(id string, seconds, at int64, open *int64) *outcryv1.Bar {
	step := 1 + *open/1500
	b := &outcryv1.Bar{Instrument: id, Time: at, Open: *open, Trades: 40, Volume: 20_000 + m.random.Int64N(90_000)}
	b.Close = max(100, *open+m.random.Int64N(2*step+1)-step)
	b.High = max(b.Open, b.Close) + m.random.Int64N(step)
	b.Low = min(b.Open, b.Close) - m.random.Int64N(step)
	b.Resolution = outcryv1.Resolution_RESOLUTION_1M
	if seconds == 1 {
		b.Resolution = outcryv1.Resolution_RESOLUTION_1S
	}
	*open = b.Close
	return b
}

// trade changes last, quote, statistics and the forming bars.
func (i *fakeInstrument) trade(random *rand.Rand, price, size int64, at time.Time) {
	l := i.latest
	l.Seq++
	ns := at.UnixNano()
	spread := 1 + price/8000
	bidSize, askSize := 100+random.Int64N(9000), 100+random.Int64N(9000)
	bid, ask := price-spread, price+spread
	l.Quote = &outcryv1.Quote{EventTimeNs: ns, ReceiveTimeNs: ns, BidPrice: &bid, BidSize: &bidSize, AskPrice: &ask, AskSize: &askSize}
	l.Trade = &outcryv1.Trade{EventTimeNs: ns, ReceiveTimeNs: ns, Price: price, Size: size}
	s := l.Stats
	s.Last, s.High, s.Low = price, max(s.High, price), min(s.Low, price)
	s.Volume, s.Trades = s.Volume+size, s.Trades+1
	s.Turnover = &outcryv1.Int128{Lo: s.Turnover.Lo + uint64(price*size)}
	for _, seconds := range []int64{1, 60} {
		i.form(seconds, at.Unix()/seconds*seconds, price, size)
	}
}

func (i *fakeInstrument) form(seconds, open, price, size int64) {
	bars := i.bars[seconds]
	last := bars[len(bars)-1]
	if last.Time != open {
		last = &outcryv1.Bar{Instrument: last.Instrument, Resolution: last.Resolution, Time: open, Open: price, High: price, Low: price}
		i.bars[seconds] = append(bars, last)
	}
	last.High, last.Low, last.Close = max(last.High, price), min(last.Low, price), price
	last.Volume, last.Trades = last.Volume+size, last.Trades+1
}

// tick moves one instrument by some steps and says its new price as the page shows it.
func (m *market) tick(id string, steps int64) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.instruments[id]
	price := max(100, i.latest.Trade.Price+steps*(1+i.latest.Trade.Price/9000))
	i.trade(m.random, price, 10+m.random.Int64N(3000), time.Now())
	return strconv.FormatFloat(float64(price)/100, 'f', 2, 64)
}

func (m *market) setStale(id string, since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.instruments[id]
	i.latest.Seq++
	i.stale = &outcryv1.Staleness{SinceNs: since.UnixNano(), Reason: outcryv1.StaleReason_STALE_REASON_FEED}
}

// withhold takes away all but the newest bars of a resolution, which bring gives back.
func (m *market) withhold(id string, seconds int64) (past []*outcryv1.Bar) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.instruments[id]
	all := i.bars[seconds]
	i.bars[seconds] = slices.Clone(all[len(all)-3:])
	return all[:len(all)-3]
}

func (m *market) bring(id string, seconds int64, past []*outcryv1.Bar) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.instruments[id]
	i.bars[seconds] = slices.Concat(past, i.bars[seconds])
}

// run ticks at random until the context ends.
func (m *market) run(ctx context.Context, perSecond int) {
	clock := time.NewTicker(10 * time.Millisecond)
	defer clock.Stop()
	for owed := 0.0; ; {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
			for owed += float64(perSecond) / 100; owed >= 1; owed-- {
				m.mu.Lock()
				id, steps := m.ids[int(float64(len(m.ids))*math.Pow(m.random.Float64(), 1.6))], m.random.Int64N(5)-2
				m.mu.Unlock()
				m.tick(id, steps)
			}
		}
	}
}

func (m *market) rows() []*outcryv1.Latest {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []*outcryv1.Latest
	for _, id := range m.ids {
		rows = append(rows, m.instruments[id].snapshot())
	}
	return rows
}

// snapshot copies what the next tick replaces or changes in place.
func (i *fakeInstrument) snapshot() *outcryv1.Latest {
	l, s := i.latest, i.latest.Stats
	return &outcryv1.Latest{
		Instrument: l.Instrument, Seq: l.Seq, Definition: l.Definition, Quote: l.Quote, Trade: l.Trade,
		Stats: &outcryv1.SessionStats{
			Open: s.Open, High: s.High, Low: s.Low, Last: s.Last, Volume: s.Volume, Turnover: s.Turnover, Trades: s.Trades, PreviousClose: s.PreviousClose,
		},
	}
}

// update gives the newest version of a topic, nil when version is it.
func (m *market) update(key watchKey, version uint64) *outcryv1.Update {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.instruments[key.id]
	if i == nil || i.latest.Seq == version {
		return nil
	}
	now := i.snapshot()
	u := &outcryv1.Update{Instrument: key.id, Seq: now.Seq, Stale: i.stale}
	switch key.channel {
	case outcryv1.Channel_CHANNEL_QUOTE:
		u.Version = &outcryv1.Update_Quote{Quote: &outcryv1.Latest{Quote: now.Quote, Trade: now.Trade}}
	case outcryv1.Channel_CHANNEL_STATS:
		u.Version = &outcryv1.Update_Stats{Stats: now.Stats}
	case outcryv1.Channel_CHANNEL_BAR:
		bars := i.bars[secondsOf(key.resolution)]
		u.Version = &outcryv1.Update_Bar{Bar: copyBar(bars[len(bars)-1])}
	default:
		return nil
	}
	return u
}

func secondsOf(r outcryv1.Resolution) int64 {
	if r == outcryv1.Resolution_RESOLUTION_1S {
		return 1
	}
	return 60
}

func copyBar(b *outcryv1.Bar) *outcryv1.Bar {
	return &outcryv1.Bar{
		Instrument: b.Instrument, Resolution: b.Resolution, Time: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume,
	}
}

var udfSeconds = map[string]int64{"1S": 1, "1": 60, "5": 300, "15": 900, "60": 3600, "1D": 86_400}

// serveHistory answers UDF's /history.
func (m *market) serveHistory(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(q.Get(name), 10, 64) // absent is 0
		return n
	}
	seconds := udfSeconds[q.Get("resolution")]
	m.mu.Lock()
	i := m.instruments[q.Get("symbol")]
	if i == nil || seconds == 0 {
		m.mu.Unlock()
		fmt.Fprint(w, `{"s":"error","errmsg":"unknown symbol or resolution"}`)
		return
	}
	bars := merge(i.bars[min(seconds, 60)], seconds)
	m.mu.Unlock()
	bars = slices.DeleteFunc(bars, func(b *outcryv1.Bar) bool { return b.Time >= number("to") || b.Time < number("from") })
	if n := int(number("countback")); n > 0 && len(bars) > n {
		bars = bars[len(bars)-n:]
	}
	writeHistory(w, bars)
}

func writeHistory(w http.ResponseWriter, bars []*outcryv1.Bar) {
	answer := map[string]any{"s": "ok"}
	if len(bars) == 0 {
		answer["s"] = "no_data"
	}
	var t []int64
	columns := map[string][]float64{}
	for _, b := range bars {
		t = append(t, b.Time)
		for name, mantissa := range map[string]int64{"o": b.Open, "h": b.High, "l": b.Low, "c": b.Close} {
			columns[name] = append(columns[name], float64(mantissa)/100)
		}
		columns["v"] = append(columns["v"], float64(b.Volume)/1000)
	}
	answer["t"] = t
	for name, values := range columns {
		answer[name] = values
	}
	_ = json.NewEncoder(w).Encode(answer) // the client may have gone
}

func merge(bars []*outcryv1.Bar, seconds int64) []*outcryv1.Bar {
	var merged []*outcryv1.Bar
	for _, b := range bars {
		open := b.Time / seconds * seconds
		if n := len(merged); n == 0 || merged[n-1].Time != open {
			b = copyBar(b)
			b.Time = open
			merged = append(merged, b)
			continue
		}
		last := merged[len(merged)-1]
		last.High, last.Low, last.Close, last.Volume = max(last.High, b.High), min(last.Low, b.Low), b.Close, last.Volume+b.Volume
	}
	return merged
}
