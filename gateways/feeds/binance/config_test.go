package binance

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// Somebody who mends one mistake a start needs many starts.
func TestAllFaultsOfAConfigAreToldAtOnce(t *testing.T) {
	err := Config{Symbols: []string{"BTC/USDT", "ethusdt", "ETHUSDT"}, Market: "moon", Venue: "A B", Streams: []string{"trade", "aggTrade", "kline"},
		BaseURL: "http://x", RestURL: "x", Epoch: strings.Repeat("e", 65), Stale: time.Millisecond, Queue: -1}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`symbol "BTC/USDT"`, "ETHUSDT is named twice", `market "moon"`, `venue "A B"`, `stream "kline"`, "follow one of them",
		`base URL "http://x"`, `REST URL "x"`, "epoch has 65 bytes", "stale is 1ms", "queue is -1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s in\n%v", want, err)
		}
	}
	if err := (Config{Symbols: []string{"btcusdt"}}).Validate(); err != nil {
		t.Error(err)
	}
	if err := (Config{}).Validate(); err == nil || !strings.Contains(err.Error(), "0 symbols") {
		t.Error(err)
	}
}

// The futures exchange has an address for each kind of stream; asked at the wrong one it says nothing at all.
func TestStreamsGoToTheAddressOfTheirKind(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   []string
	}{
		{Config{Symbols: []string{"BTCUSDT"}}, []string{"wss://stream.binance.com:9443/stream?streams=btcusdt@trade/btcusdt@bookTicker"}},
		{Config{Symbols: []string{"BTCUSDT", "ETHUSDT"}, Market: usdm, Streams: []string{"aggTrade", "bookTicker", "depth"}}, []string{
			"wss://fstream.binance.com/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade",
			"wss://fstream.binance.com/public/stream?streams=btcusdt@bookTicker/btcusdt@depth@100ms/ethusdt@bookTicker/ethusdt@depth@100ms"}},
		{Config{Symbols: []string{"BTCUSDT"}, Market: usdm, BaseURL: "ws://localhost:1/"}, []string{"ws://localhost:1/stream?streams=btcusdt@trade/btcusdt@bookTicker"}},
	} {
		var got []string
		for _, p := range c.config.withDefaults().plan() {
			url, rest := p.url()
			if len(rest) > 0 {
				t.Errorf("not in the URL: %v", rest)
			}
			got = append(got, url)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// Exponents never change: too coarse ones refuse a finer tick for ever, too
// fine ones a day's volume of a cheap coin.
func TestDefinitionsLeaveRoomForFinerStepsAndLargeVolumes(t *testing.T) {
	info := func(tick, step string) (s symbolInfo) {
		s.Symbol, s.Quote = "X", "USDT"
		s.Filters = append(s.Filters, struct {
			Type     string `json:"filterType"`
			TickSize string `json:"tickSize"`
			StepSize string `json:"stepSize"`
		}{"PRICE_FILTER", tick, ""}, struct {
			Type     string `json:"filterType"`
			TickSize string `json:"tickSize"`
			StepSize string `json:"stepSize"`
		}{"LOT_SIZE", "", step})
		return s
	}
	imported := &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, Calendar: "24x7", Description: "mine", Currency: "EUR"}
	for name, c := range map[string]struct {
		accepted *outcryv1.Definition
		info     symbolInfo
		want     *outcryv1.Definition
	}{
		"bitcoin":           {nil, info("0.01000000", "0.00001000"), &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, TickSize: 1e6, SizeStep: 1e3, Currency: "USDT", Calendar: "24x7"}},
		"counted in whole":  {nil, info("0.00000001", "1.00000000"), &outcryv1.Definition{PriceExponent: -8, SizeExponent: -3, TickSize: 1, SizeStep: 1000, Currency: "USDT", Calendar: "24x7"}},
		"very fine":         {nil, info("0.0000000001", "0.000000001"), &outcryv1.Definition{PriceExponent: -10, SizeExponent: -9, TickSize: 1, SizeStep: 1, Currency: "USDT", Calendar: "24x7"}},
		"accepted before":   {imported, info("0.01", "0.001"), &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, TickSize: 1e6, SizeStep: 1e5, Currency: "EUR", Calendar: "24x7", Description: "mine"}},
		"finer than before": {imported, info("0.0000000001", "0.001"), &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, SizeStep: 1e5, Currency: "EUR", Calendar: "24x7", Description: "mine"}},
		"unknown":           {nil, symbolInfo{}, &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, Calendar: "24x7"}},
	} {
		if diff := cmp.Diff(c.want, define(c.accepted, c.info), protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
