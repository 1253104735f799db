package binance

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"outcry/gateways/feeds/binance/exchangetest"
)

// A server that is away for a while must get everything afterwards, once.
func TestWhatAServerThatIsAwayDoesNotTakeIsSentAgain(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 1000), Symbols: steps})
	h := newHouse()
	h.down = func(n int) error {
		if n < 3 {
			return errDown
		}
		return nil
	}
	r := start(t, Config{Symbols: []string{"BTCUSDT"}}, x, h)
	if n := r.told("waiting"); !strings.Contains(n.Text, "down") {
		t.Errorf("told %+v", n)
	}
	r.told("server")
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 1100))
	r.end()
	h.dense(t, btc, 101, 1100)
	if s := r.Status(); s.Trouble != "" {
		t.Errorf("%+v", s)
	}
}

// A server on an empty folder knows no instrument: without definitions it would refuse everything from then on.
func TestAServerThatBeganAnewGetsTheDefinitionsAgain(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 6000), Symbols: steps})
	h := newHouse()
	r := start(t, Config{Symbols: []string{"BTCUSDT"}}, x, h)
	h.until(t, "some trades are in", h.hasTrade(btc, 300))
	h.forget()
	<-x.Played
	h.until(t, "the last trade is in", h.hasTrade(btc, 6100))
	r.end()
	if s := r.Status(); s.Refused != 0 {
		t.Errorf("%+v", s)
	}
}

// An input that the server refuses as a whole would be sent for ever.
func TestARequestThatIsRefusedForGoodEndsTheFeed(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 100), Symbols: steps})
	h := newHouse()
	h.down = func(int) error { return errDown }
	f, err := New(Config{Symbols: []string{"BTCUSDT"}, BaseURL: x.BaseURL(), RestURL: x.RestURL()}, h, Options{Final: func(err error) bool { return err == errDown }})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "are not in") {
		t.Errorf("it ends with %v", err)
	}
}

// Somebody who types a wrong symbol wants to hear it at once, with what was meant.
func TestAWrongSymbolIsToldWithThoseSpelledAlike(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Symbols: steps})
	c := Config{Symbols: []string{"BTCUSD", "ETHUSDT", "XYZ"}, BaseURL: x.BaseURL(), RestURL: x.RestURL()}
	f, err := New(c, newHouse(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = f.Run(t.Context())
	if err == nil || err.Error() != "the exchange's market spot has no symbol BTCUSD (there is BTCUSDT), no XYZ" {
		t.Errorf("it ends with %v", err)
	}
	if x.Opened() != 0 {
		t.Error("it connected")
	}
}

// A server's other symbols must not stand still because one was delisted.
func TestAServersFeedGoesOnWithoutAWrongSymbol(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: synthetic("BTCUSDT", 101, 100), Symbols: steps})
	h := newHouse()
	var wrong atomic.Bool
	f, err := New(Config{Symbols: []string{"GONEUSDT", "BTCUSDT"}, BaseURL: x.BaseURL(), RestURL: x.RestURL()}, h,
		Options{SkipWrong: true, Notice: func(n Notice) { wrong.Store(wrong.Load() || n.Kind == "wrong") }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	h.until(t, "the last trade is in", h.hasTrade(btc, 200))
	stop()
	if err := <-ended; err != nil || !wrong.Load() || h.defined["BINANCE:GONEUSDT"] != nil {
		t.Errorf("%v, told %v, %v", err, wrong.Load(), h.defined)
	}
}

// A wrong address must not be tried for ever by somebody at a terminal.
func TestAnAddressThatIsNoExchangeEndsTheFeed(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Symbols: steps, Refuse: 404})
	r := start(t, Config{Symbols: []string{"BTCUSDT"}}, x, newHouse())
	err := <-r.ended
	r.ended <- nil
	if err == nil || !strings.Contains(err.Error(), "it answers 404 Not Found; is the base URL right?") {
		t.Errorf("it ends with %v", err)
	}
}
