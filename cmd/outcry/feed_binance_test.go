package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"outcry/gateways/feeds/binance"
	"outcry/gateways/feeds/binance/exchangetest"
	outcryv1 "outcry/proto/outcry/v1"
)

// bothSymbols are those of the captures.
var bothSymbols = map[string][2]string{"BTCUSDT": {"0.01000000", "0.00001000"}, "ETHUSDT": {"0.01000000", "0.00010000"}}

// following is an outcry feed binance under way.
type following struct {
	s    *server
	cmd  *exec.Cmd
	out  *bufio.Scanner
	errs bytes.Buffer
}

func (s *server) follow(x *exchangetest.Exchange, args ...string) *following {
	s.t.Helper()
	f := &following{s: s, cmd: s.command(append([]string{"feed", "binance", "--json", "--every", "50ms", "--base-url", x.BaseURL(), "--rest-url", x.RestURL(), "--stale", "1s"}, args...)...)}
	f.cmd.Stderr = &f.errs
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	f.out = bufio.NewScanner(out)
	if err := f.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if f.cmd.ProcessState == nil {
			_ = f.cmd.Process.Kill()
			_ = f.cmd.Wait()
		}
	})
	return f
}

// feedLine is what scripts read.
type feedLine struct {
	Type, State, Kind, Text                                               string
	Received, Accepted, Duplicates, Late, Refused, Reconnects, Unreadable uint64
	Gaps                                                                  uint64
	Fetched                                                               uint64 `json:"trades_fetched"`
	Missing                                                               uint64 `json:"trades_missing"`
}

// next gives the next line that is wanted.
func (f *following) next(want func(feedLine) bool) feedLine {
	f.s.t.Helper()
	for f.out.Scan() {
		var l feedLine
		if err := json.Unmarshal(f.out.Bytes(), &l); err != nil {
			f.s.t.Fatalf("%v in %s", err, f.out.Text())
		}
		if want(l) {
			return l
		}
	}
	f.s.t.Fatalf("the feed ended: %v\n%s", f.cmd.Wait(), f.errs.String())
	return feedLine{}
}

// stop ends it as Ctrl-C does, and gives its last line.
func (f *following) stop() feedLine {
	f.s.t.Helper()
	if err := f.cmd.Process.Signal(os.Interrupt); err != nil {
		f.s.t.Fatal(err)
	}
	end := f.next(func(l feedLine) bool { return l.Type == "end" })
	if err := f.cmd.Wait(); err != nil {
		f.s.t.Fatalf("%v\n%s", err, f.errs.String())
	}
	return end
}

// newest waits until the newest trade of an instrument has at least this id.
func (s *server) newest(instrument string, id uint64) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 60*time.Second)
	defer cancel()
	for tick := time.Tick(20 * time.Millisecond); ; {
		a, err := s.client().Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{instrument}})
		if err == nil && len(a.Instruments) > 0 {
			if n, _ := strconv.ParseUint(a.Instruments[0].GetTrade().GetTradeId(), 10, 64); n >= id {
				return
			}
		}
		select {
		case <-tick:
		case <-ctx.Done():
			s.t.Fatalf("trade %d of %s never came: %v, %v", id, instrument, a, err)
		}
	}
}

// faultsOf spreads every kind of trouble over n messages.
func faultsOf(n int) []exchangetest.Fault {
	return []exchangetest.Fault{
		{At: n / 12, Kind: exchangetest.Garbage, Lines: 12}, {At: n / 10, Kind: exchangetest.Cut, Lines: 2000}, {At: n / 6, Kind: exchangetest.Repeat, Lines: 3000},
		{At: n / 5, Kind: exchangetest.Ping}, {At: n / 4, Kind: exchangetest.Silence, Lines: 1500}, {At: n / 3, Kind: exchangetest.Hole, Lines: 300},
		{At: n / 2, Kind: exchangetest.Shutdown}, {At: n * 2 / 3, Kind: exchangetest.Cut, Lines: 9000}, {At: n * 3 / 4, Kind: exchangetest.Repeat, Lines: 9000},
	}
}

// A chart made live, over a connection as bad as they come, must be the one
// that the exchange's own trades make: in every field of every bar.
func TestBarsOfALiveFeedAreTheIndependentOnesWhateverTheConnectionDoes(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		files  []string
		market string
		symbol string
		last   uint64
		key    bool
	}{
		{[]string{"spot_btcusdt_20240808.jsonl.gz", "spot_btcusdt_20240809.jsonl.gz"}, "spot", "BTCUSDT", 0, false},
		{[]string{"spot_ethusdt_20240808.jsonl.gz"}, "spot", "ETHUSDT", 0, false},
		{[]string{"usdm_btcusdt_20240808.jsonl.gz"}, "usdm", "BTCUSDT", 0, false},
		{[]string{"usdm_ethusdt_20240808.jsonl.gz"}, "usdm", "ETHUSDT", 0, false},
	} {
		for i, name := range c.files {
			c.files[i] = shared(t, "binance", name)
		}
		messages, err := exchangetest.Load(c.files...)
		if err != nil {
			t.Fatal(err)
		}

		x := exchangetest.Start(t, exchangetest.Config{Messages: messages, Symbols: bothSymbols, Faults: faultsOf(len(messages))})
		f := s.follow(x, c.symbol, "--market", c.market, "--streams", "trade,bookTicker,depth")
		instrument := map[string]string{"spot": "BINANCE:", "usdm": "BINANCE-USDM:"}[c.market] + c.symbol
		<-x.Played
		s.newest(instrument, exchangetest.LastTrade(messages))
		end := f.stop()
		s.oracle(instrument, c.market+"."+c.symbol)
		if end.Reconnects < 2 || end.Fetched == 0 || end.Gaps != 0 || end.Late != 0 || end.Refused != 0 || end.Duplicates != 0 || end.Unreadable != 12 {
			t.Errorf("%s: %+v", instrument, end)
		}
		t.Logf("%s: %+v", instrument, end)
	}
	s.allBars()
}

// Whoever runs the command from a script or a unit file needs its restart, its
// double and its Ctrl-C to be harmless.
func TestAFeedThatIsKilledStartedAgainAndDoubledCountsEachTradeOnce(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: trading(t, 501, 8000), Symbols: bothSymbols, Pace: 100 * time.Microsecond})
	s := newServer(t)
	first := s.follow(x, "BTCUSDT")
	s.newest("BINANCE:BTCUSDT", 1500)
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait() // it was killed, and says so
	second, third := s.follow(x, "btcusdt"), s.follow(x, "BTCUSDT")
	s.newest("BINANCE:BTCUSDT", 3000)
	s.kill() // and the server, too
	s.start()
	<-x.Played
	s.newest("BINANCE:BTCUSDT", 8500)
	ends := []feedLine{second.stop(), third.stop()}
	s.everyTrade("BINANCE:BTCUSDT", 501, 8500)
	if d := ends[0].Duplicates + ends[1].Duplicates + ends[0].Late + ends[1].Late; d == 0 || ends[0].Gaps+ends[1].Gaps > 0 {
		t.Errorf("%+v", ends)
	}
}

// What was typed wrong must be told at once, with what to do, and with the right exit code.
func TestWhatIsWrongWithAFeedIsToldAtOnce(t *testing.T) {
	x := exchangetest.Start(t, exchangetest.Config{Messages: trading(t, 1, 10), Symbols: bothSymbols})
	s := newServer(t)
	urls := []string{"--base-url", x.BaseURL(), "--rest-url", x.RestURL()}
	for _, c := range []struct {
		code int
		args []string
		says []string
	}{
		{2, nil, []string{"a symbol such as BTCUSDT is needed"}},
		{2, []string{"BTC/USDT", "--market", "moon", "--streams", "kline"}, []string{`symbol "BTC/USDT"`, `market "moon"`, `stream "kline"`}},
		{1, append([]string{"BTCUSD"}, urls...), []string{"no symbol BTCUSD (there is BTCUSDT)"}},
		{1, append([]string{"BTCUSDT", "--server", "http://127.0.0.1:9"}, urls...), []string{"no server answers at http://127.0.0.1:9: start one with"}},
		{1, []string{"BTCUSDT", "--base-url", "ws://127.0.0.1:9", "--give-up", "1s"}, []string{"connecting to ws://127.0.0.1:9/stream", "tried for 1s"}},
		{1, []string{"BTCUSDT", "--base-url", x.BaseURL() + "/nothing"}, []string{"it answers 404 Not Found; is the base URL right?"}},
	} {
		begun := time.Now()
		says(t, s.fails(c.code, append([]string{"feed", "binance"}, c.args...)...), c.says...)
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("%v takes %s", c.args, took)
		}
	}
	says(t, s.fails(2, "feed", "nasdaq"), `there is no feed "nasdaq"; there is binance`)
}

// People want to see that it runs, how old the newest is, and whether the server keeps up.
func TestTheLineOfAFeed(t *testing.T) {
	var out, errs bytes.Buffer
	r := newFeedReport(&out, &errs, false, "binance")
	r.mu.at = time.Now().Add(-10 * time.Second)
	s := binance.Status{Connections: 2, Live: 1, Received: 5000, Accepted: 4900, Duplicates: 3, Gaps: 1, Missing: 7, Behind: 2 * time.Second, Queued: 97, Newest: time.Now().Add(-time.Second)}
	r.status(s, "status")
	says(t, out.String(), "binance connecting: 500 events/s, newest 1s old, server 2s behind, 97 waiting, 1 of 2 connections, 4900 accepted, 3 duplicates, 1 gaps, 7 trades missing\n")
	r.notice(binance.Notice{Kind: "gap", Text: "BINANCE:BTCUSDT: 7 trades are missing"})
	says(t, errs.String(), "BINANCE:BTCUSDT: 7 trades are missing\n")
	out.Reset()
	r.json = true
	r.notice(binance.Notice{Kind: "gap", Instrument: "BINANCE:BTCUSDT", From: 3, To: 9, Text: "x"})
	s.Live = 2
	r.status(s, "status")
	says(t, out.String(), `"type":"notice"`, `"from":3,"to":9`, `"type":"status"`, `"state":"live"`, `"behind_ms":2000`, `"trades_missing":7`)
}
