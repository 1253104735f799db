package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"outcry/gateways/feeds/binance"
	"outcry/gateways/feeds/binance/exchangetest"
	outcryv1 "outcry/proto/outcry/v1"
)

// trading makes messages of n trades with ids from first, as the exchange words them.
func trading(t *testing.T, first, n int) []exchangetest.Message {
	t.Helper()
	var b strings.Builder
	for id := first; id < first+n; id++ {
		fmt.Fprintf(&b, `{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":%d,"p":"10.%02d","q":"0.5","T":%d,"m":true}}`+"\n", id, id%100, 1_723_161_255_000+id*10)
	}
	all, err := exchangetest.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// everyTrade complains where the trades are not exactly those from first to last, each once, in order.
func (s *server) everyTrade(instrument string, first, last int) {
	s.t.Helper()
	var after uint64
	for id := first; id <= last; {
		a, err := s.client().Trades(s.t.Context(), &outcryv1.TradesRequest{Instrument: instrument, AfterSeq: after, Limit: 1000})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(a.Trades) == 0 {
			s.t.Fatalf("%s ends before trade %d", instrument, id)
		}
		for _, tr := range a.Trades {
			if tr.Trade.TradeId != fmt.Sprint(id) {
				s.t.Fatalf("%s: instead of trade %d comes %s", instrument, id, tr.Trade.TradeId)
			}
			id, after = id+1, tr.Seq
		}
	}
}

// A server that is killed goes on with its feeds by itself; nobody starts anything, and nothing is missing or double.
func TestAServerFollowsTheFeedsOfItsFileThroughAKill(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: trading(t, 501, 6000), Symbols: bothSymbols, Pace: 100 * time.Microsecond,
		Faults: []exchangetest.Fault{{At: 1000, Kind: exchangetest.Cut, Lines: 100}}})
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	settings := fmt.Sprintf("feeds:\n- kind: binance\n  symbols: [BTCUSDT, GONEUSDT]\n  base_url: %s\n  rest_url: %s\n  stale: 2s\n", x.BaseURL(), x.RestURL())
	if err := os.WriteFile(filepath.Join(s.data, "outcry.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	t.Cleanup(s.kill)
	s.newest("BINANCE:BTCUSDT", 2500)
	s.kill()
	s.start()
	<-x.Played
	s.newest("BINANCE:BTCUSDT", 6500)
	s.everyTrade("BINANCE:BTCUSDT", 501, 6500)
	s.stop()
}

// A mistake in a feed must be told with its line when the server starts, not by an instrument that stays empty.
func TestMistakesInFeedsAreToldWithTheirLines(t *testing.T) {
	data := settingsFile(t, "feeds:\n- kind: binance\n  symbols: [BTC/USDT]\n  stale: 1ms\n- kind: nasdaq\n")
	_, err := loaded(t, "--data", data)
	if err == nil {
		t.Fatal("accepted")
	}
	path := filepath.Join(data, "outcry.yaml")
	says(t, err.Error(), path+`:2: feeds: symbol "BTC/USDT"`, path+":2: feeds: stale is 1ms", path+`:5: feeds: kind "nasdaq": there is binance`)
	for text, want := range map[string]string{
		"feeds:\n- kind: binance\n  symbol: [BTCUSDT]\n":                ":3: symbol is no setting here",
		"feeds: {kind: binance}\n":                                      ":1: feeds: a list",
		"feeds:\n- kind: binance\n  symbols: [A]\n  stale: soon\n":      ":4: cannot unmarshal",
		"feeds:\n" + strings.Repeat("- {kind: binance}\n", mostFeeds+1): ": feeds: a list of at most 32",
	} {
		if _, err := loaded(t, "--data", settingsFile(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	c, err := loaded(t, "--data", settingsFile(t, "feeds:\n- kind: binance\n  symbols: [btcusdt]\n  stale: 1m\n  market: usdm\n"))
	if err != nil || len(c.feeds) != 1 || c.feeds[0].Binance.Stale != time.Minute || c.feeds[0].Binance.Market != "usdm" {
		t.Errorf("%+v, %v", c.feeds, err)
	}
}

// Who operates a server sees in its metrics whether a feed is well.
func TestMetricsOfFeedsAreByFeed(t *testing.T) {
	f, err := binance.New(binance.Config{Symbols: []string{"BTCUSDT"}}, nil, binance.Options{})
	if err != nil {
		t.Fatal(err)
	}
	one, none := &runningFeed{name: "binance-1"}, &runningFeed{name: "binance-2"} // the second has not begun
	one.now.Store(f)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(feedMetrics{one, none})
	families, err := registry.Gather()
	if err != nil || len(families) != len(feedFigures) {
		t.Fatalf("%d figures, %v", len(families), err)
	}
	for _, family := range families {
		m := family.GetMetric()
		if len(m) != 1 || m[0].GetLabel()[0].GetValue() != "binance-1" {
			t.Errorf("%v", family)
		}
		if family.GetName() == "outcry_feed_wanted_connections" && m[0].GetGauge().GetValue() != 1 {
			t.Errorf("%v", family)
		}
	}
}
