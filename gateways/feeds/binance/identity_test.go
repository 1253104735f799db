package binance

import (
	"strings"
	"testing"
	"time"

	"outcry/gateways/feeds/binance/exchangetest"
)

// Whoever restarts a feed, or runs a second one to be safe, must not count a trade twice or lose those of between.
func TestARestartAndASecondFeedChangeNothing(t *testing.T) {
	messages := synthetic("BTCUSDT", 101, 3000)
	h := newHouse()
	x := exchangetest.Start(t, exchangetest.Config{Messages: messages, Symbols: steps, Faults: []exchangetest.Fault{
		{At: 2000, Kind: exchangetest.Cut, Lines: 500}, {At: 3000, Kind: exchangetest.Silence, Lines: 50}}})
	c := Config{Symbols: []string{"BTCUSDT"}, Stale: time.Second}
	first := start(t, c, x, h)
	h.until(t, "some trades are in", h.hasTrade(btc, 300))
	first.end()
	second, third := start(t, c, x, h), start(t, c, x, h)
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 3100))
	second.end()
	third.end()
	h.dense(t, btc, 101, 3100)
	if s, u := second.Status(), third.Status(); s.Duplicates+u.Duplicates+s.Late+u.Late == 0 || s.Filled+u.Filled == 0 || s.Gaps+u.Gaps != 0 {
		t.Errorf("%+v and %+v", s, u)
	}
}

// A hole that can't be mended must be seen, with its trades, and not be larger than it is.
func TestTradesThatCannotBeFetchedAreToldAsGaps(t *testing.T) {
	withheld := map[uint64]bool{300: true, 301: true, 305: true}
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 500), Symbols: steps, Withheld: withheld,
		Faults: []exchangetest.Fault{{At: 380, Kind: exchangetest.Hole, Lines: 40}}})
	h := newHouse()
	r := start(t, Config{Symbols: []string{"BTCUSDT"}}, x, h)
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 600))
	for _, want := range [][2]uint64{{300, 301}, {305, 305}} {
		if n := r.told("gap"); n.From != want[0] || n.To != want[1] || n.Instrument != btc {
			t.Errorf("told of %+v, want %v", n, want)
		}
	}
	r.end()
	h.dense(t, btc, 101, 600, 300, 301, 305)
	if s := r.Status(); s.Gaps != 2 || s.Missing != 3 || s.Filled != 17 {
		t.Errorf("%+v", s)
	}
}

// Without REST, and for more than is allowed, a gap is told at once; the rest goes on.
func TestWithoutRESTAndBeyondTheMostGapsAreTold(t *testing.T) {
	hole := []exchangetest.Fault{{At: 380, Kind: exchangetest.Hole, Lines: 40}} // trades 291 to 310
	for name, c := range map[string]struct {
		config           Config
		missing, filled  uint64
		without, unasked bool
	}{
		"no REST":  {Config{}, 20, 0, true, true},
		"the most": {Config{MostMissing: 5}, 15, 5, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 500), Symbols: steps, Faults: hole})
			h := newHouse()
			c.config.Symbols, c.config.BaseURL = []string{"BTCUSDT"}, x.BaseURL()
			if !c.without {
				c.config.RestURL = x.RestURL()
			}
			r := startOn(t, c.config, h, nil)
			<-x.Played
			h.until(t, "the last trade is in", h.hasTrade(btc, 600))
			r.end()
			if s := r.Status(); s.Missing != c.missing || s.Filled != c.filled || s.Gaps != 1 {
				t.Errorf("%+v", s)
			}
			if (len(x.Asked()) == 0) != c.unasked {
				t.Errorf("asked %v", x.Asked())
			}
		})
	}
}

// The futures exchange wants a key for older trades; the newest thousand need none.
func TestWhereAKeyIsNeededTheNewestTradesAreAskedFor(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 500), Symbols: steps, KeyNeeded: true,
		Faults: []exchangetest.Fault{{At: 380, Kind: exchangetest.Hole, Lines: 40}, {At: 600, Kind: exchangetest.Hole, Lines: 40}}})
	h := newHouse()
	r := start(t, Config{Symbols: []string{"BTCUSDT"}, Market: usdm, Venue: "BINANCE"}, x, h)
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 600))
	r.end()
	h.dense(t, btc, 101, 600)
	if asked := strings.Join(x.Asked(), " "); asked != "exchangeInfo historicalTrades trades trades" {
		t.Errorf("asked %s", asked)
	}
}

// A REST that is busy for a moment must not become a gap, and one that asks for patience bans who has none.
func TestARESTThatFailsForAMomentIsAskedAgain(t *testing.T) {
	for status, after := range map[int]int{429: 1, 503: 0} {
		begun := time.Now()
		x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 500), Symbols: steps, FailFirst: 2, FailWith: status, FailAfter: after})
		h := newHouse()
		r := start(t, Config{Symbols: []string{"BTCUSDT"}}, x, h)
		<-x.Played
		h.until(t, "the last trade is in", h.hasTrade(btc, 600))
		r.end()
		h.dense(t, btc, 101, 600)
		if took := time.Since(begun); took < 2*time.Duration(after)*time.Second {
			t.Errorf("%d: asked again too early: all takes %s", status, took)
		}
		if n := len(x.Asked()); n != 3 {
			t.Errorf("%d: asked %v", status, x.Asked())
		}
	}
}

// A test network's ids begin again: taken for old ones, its trades would silently be left out for weeks.
func TestIdsThatBeganAgainEndTheFeedWithAdvice(t *testing.T) {
	later := synthetic("BTCUSDT", 7, 20_000)[39_000:] // ids from 19,507, minutes later
	x := exchangetest.Start(t, exchangetest.Config{Messages: append(synthetic("BTCUSDT", 500_000, 100), later...), Symbols: steps})
	h := newHouse()
	r := start(t, Config{Symbols: []string{"BTCUSDT"}}, x, h)
	err := <-r.ended
	r.ended <- nil
	if err == nil || !strings.Contains(err.Error(), "the ids of BINANCE:BTCUSDT began again at 19507 after 500099: give another epoch") {
		t.Fatalf("it ends with %v", err)
	}
	h.dense(t, btc, 500_000, 500_099)
	again := exchangetest.Start(t, exchangetest.Config{Messages: later, Symbols: steps})
	r = start(t, Config{Symbols: []string{"BTCUSDT"}, Epoch: "november"}, again, h)
	<-again.Played
	h.until(t, "the last trade is in", func() bool { return len(h.trades[btc]) == 600 })
	r.end()
}

// Ids that began again not far below the old ones must not be taken for trades that were passed on already.
func TestANewEpochIsNotMeasuredByTheOldOnesIds(t *testing.T) {
	h := newHouse()
	before := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 50_000, 50), Symbols: steps})
	r := start(t, Config{Symbols: []string{"BTCUSDT"}}, before, h)
	<-before.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 50_049))
	r.end()
	after := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 1, 20_000)[39_900:], Symbols: steps}) // from 19,951, minutes later
	r = start(t, Config{Symbols: []string{"BTCUSDT"}, Epoch: "november"}, after, h)
	<-after.Played
	h.until(t, "all trades are in", func() bool { return len(h.trades[btc]) == 100 })
	r.end()
}

// The futures exchange gives past trades without a key only as aggregated ones; they must mend a hole as single ones do.
func TestAggregatedTradesAreFollowedAndFetched(t *testing.T) {
	messages := synthetic("BTCUSDT", 101, 500)
	for i, m := range messages {
		body := strings.ReplaceAll(string(m.Body), "@trade", "@aggTrade")
		if body = strings.Replace(body, `"t":`, `"f":1,"l":2,"a":`, 1); body != string(m.Body) && strings.Contains(body, "@aggTrade") {
			made, err := exchangetest.Parse(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			messages[i] = made[0]
		}
	}
	x := exchangetest.Start(t, exchangetest.Config{Messages: messages, Symbols: steps, KeyNeeded: true, Withheld: map[uint64]bool{297: true},
		Faults: []exchangetest.Fault{{At: 380, Kind: exchangetest.Hole, Lines: 40}}})
	h := newHouse()
	r := start(t, Config{Symbols: []string{"BTCUSDT"}, Streams: []string{"aggTrade", "bookTicker"}}, x, h)
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 600))
	r.end()
	h.dense(t, btc, 101, 600, 297)
	if s, asked := r.Status(), strings.Join(x.Asked(), " "); s.Filled != 19 || s.Missing != 1 || asked != "exchangeInfo aggTrades" {
		t.Errorf("%+v, asked %s", s, asked)
	}
}
