package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"outcry/gateways/web/webtest"
)

// The page in a real browser on the real server. gateways/web tests the page's
// manners against a fake that can misbehave; here stands what a user gets.

// screened is a real process that the page is on: serve, or demo.
type screened struct {
	server
	args  []string
	http  string // where it listens; kept when it is started again
	lines *bufio.Scanner
}

func newScreened(t *testing.T, args ...string) *screened {
	s := &screened{server: server{t: t, data: t.TempDir(), home: t.TempDir()}, args: args, http: "127.0.0.1:0"}
	s.begin()
	t.Cleanup(s.kill)
	return s
}

func serving(t *testing.T) *screened { return newScreened(t, "serve", "--partitions", "4") }

// begin runs the process and waits until it says where it is.
func (s *screened) begin() {
	s.t.Helper()
	s.cmd = exec.Command(binary, append(slices.Clone(s.args), "--data", s.data, "--http", s.http, "--admin", "")...)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.lines = bufio.NewScanner(out)
	s.url = s.says("Outcry is open at ")
	s.http = strings.TrimPrefix(s.url, "http://")
}

// says waits until the process prints a line that begins so, and gives the rest of it.
func (s *screened) says(prefix string) string {
	s.t.Helper()
	for s.lines.Scan() {
		if rest, ok := strings.CutPrefix(s.lines.Text(), prefix); ok {
			return rest
		}
	}
	s.t.Fatalf("the server ended before it said %q: %v", prefix, s.cmd.Wait())
	return ""
}

// live waits until everything that the page asked for has been answered.
func live(tab *webtest.Tab) { tab.WaitFor(`document.body.dataset.link === "live"`) }

func noProblems(t *testing.T, tab *webtest.Tab) {
	t.Helper()
	for _, problem := range tab.Problems() {
		t.Errorf("the page logged: %s", problem)
	}
}

// candle is a bar as the page and UDF have it.
type candle struct {
	Time                           int64
	Open, High, Low, Close, Volume float64
}

// A chart of anything but the exchange's own trades is a wrong chart.
func TestThePageDrawsTheBarsOfARealCapture(t *testing.T) {
	file := shared(t, "binance", "spot_ethusdt_20240808.jsonl.gz")
	b := webtest.Start(t)
	s := serving(t)
	s.run("import", "--format", "binance", "--define", "auto", file)
	tab := b.Open(s.url, webtest.View{})
	tab.WaitFor(`outcry.chart().instrument === "BINANCE:ETHUSDT" && outcry.chart().bars.length > 0`)
	for key, r := range map[string]struct{ name, file string }{"1": {"1S", "1s"}, "2": {"1", "1m"}} {
		want := independent(t, "bars_spot.ETHUSDT_"+r.file+".csv")
		tab.Press(key)
		tab.WaitFor(fmt.Sprintf(`outcry.chart().scale.name === %q && outcry.chart().bars.length === %d`, r.name, len(want)))
		var page, udf []candle
		evaluate(t, tab, `outcry.chart().bars`, &page)
		evaluate(t, tab, fmt.Sprintf(`(async () => {
			const a = await (await fetch("/udf/history?symbol=BINANCE:ETHUSDT&resolution=%s&from=0&to=99999999999&countback=5000")).json();
			return a.t.map((time, n) => ({time, open: a.o[n], high: a.h[n], low: a.l[n], close: a.c[n], volume: a.v[n]}));
		})()`, r.name), &udf)
		if !slices.Equal(page, udf) {
			t.Errorf("%s: the page has other bars than UDF", r.name)
		}
		if !slices.Equal(page, want) {
			t.Errorf("%s: the page has other bars than the independent file", r.name)
		}
	}
	tab.WaitFor(webtest.CandlesDrawn)
	noProblems(t, tab)
}

// independent reads bars that others computed, as floats.
func independent(t *testing.T, name string) (all []candle) {
	t.Helper()
	f, err := os.Open(shared(t, "binance", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows[1:] {
		r := byName(rows, i+1)
		number := func(field string) float64 {
			n, err := strconv.ParseFloat(r[field], 64)
			if err != nil {
				t.Fatalf("%s, row %d: %v", name, i+1, err)
			}
			return n
		}
		all = append(all, candle{int64(number("time")), number("open"), number("high"), number("low"), number("close"), number("volume")})
	}
	return all
}

func evaluate(t *testing.T, tab *webtest.Tab, script string, result any) {
	t.Helper()
	if err := tab.Eval(script, result); err != nil {
		t.Fatal(err)
	}
}

// texts gives the posts that are shown, joined by |.
const texts = `[...document.querySelectorAll("#messages .post .text")].map((e) => e.firstChild.textContent).join("|")`

func wantTexts(tab *webtest.Tab, want ...string) {
	tab.WaitFor(fmt.Sprintf(`%s === %q`, texts, strings.Join(want, "|")))
}

// write posts a message as a person does.
func write(tab *webtest.Tab, text string) {
	tab.WaitFor(`!document.querySelector("#composer-text").disabled`)
	tab.Click("#composer-text")
	tab.Type(text)
	tab.Press("Enter")
}

// Two people in one room must read the same, at once.
func TestAPostIsSeenInASecondTab(t *testing.T) {
	b := webtest.Start(t)
	s := serving(t)
	s.run("post", "floor", "who is there?", "--user", "maja", "--join")
	ann, bob := b.Open(s.url, webtest.View{}), b.Open(s.url, webtest.View{Dark: true})
	for _, tab := range []*webtest.Tab{ann, bob} {
		live(tab)
		wantTexts(tab, "who is there?")
	}
	write(ann, "I am")
	wantTexts(bob, "who is there?", "I am")
	write(bob, "so am I")
	wantTexts(ann, "who is there?", "I am", "so am I")
	noProblems(t, ann)
	noProblems(t, bob)
}

// A server that dies must cost nobody a message, nor show one twice: neither
// the one under way when it died nor the one written while it was down.
func TestAKilledServerCostsThePageNoMessageAndNoDouble(t *testing.T) {
	b := webtest.Start(t)
	s := serving(t)
	s.run("post", "floor", "0", "--user", "maja", "--join")
	ann, bob := b.Open(s.url, webtest.View{}), b.Open(s.url, webtest.View{})
	live(ann)
	live(bob)
	want := []string{"0"}
	for kill := 1; kill <= 3; kill++ {
		write(ann, fmt.Sprintf("%d under way", kill))
		s.kill()
		bob.WaitFor(`!document.querySelector("#banner").hidden && document.body.classList.contains("lost")`)
		ann.WaitFor(`document.body.classList.contains("lost")`)
		write(ann, fmt.Sprintf("%d while it was down", kill))
		ann.WaitFor(`document.querySelector("#pending .sending")`)
		s.begin()
		want = append(want, fmt.Sprintf("%d under way", kill), fmt.Sprintf("%d while it was down", kill))
		for _, tab := range []*webtest.Tab{ann, bob} {
			wantTexts(tab, want...)
			live(tab)
			tab.WaitFor(`document.querySelector("#banner").hidden && !document.querySelector("#pending li")`)
		}
	}
	write(bob, "it goes on")
	want = append(want, "it goes on")
	wantTexts(ann, want...)
	if got := s.posts("floor"); !slices.Equal(got, want) {
		t.Errorf("the room has %q, want %q", got, want)
	}
}

// posts gives the texts of a room's posts, as the server has them.
func (s *screened) posts(room string) (all []string) {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.run("query", "messages", room, "--limit", "0", "--format", "csv"))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range rows[1:] {
		if r := byName(rows, i+1); r["kind"] == "post" {
			all = append(all, r["text"])
		}
	}
	return all
}

// artefacts is where screenshots and figures go, for people to look at.
func artefacts(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("..", "..", ".artefacts")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// screens that people have.
var screens = map[string]webtest.View{
	"light": {Width: 1440, Height: 900},
	"dark":  {Width: 1440, Height: 900, Dark: true},
	"phone": {Width: 390, Height: 844, Touch: true, Dark: true},
}

// The demo is what a new user sees first: it must move, talk, fit the screen and log no error.
func TestTheDemoMovesAndTalksOnEveryScreen(t *testing.T) {
	b := webtest.Start(t)
	s := newScreened(t, "demo")
	folder := artefacts(t)
	for name, view := range screens {
		tab := b.Open(s.url, view)
		live(tab)
		tab.WaitFor(`document.querySelectorAll("#board-rows .row").length > 20 && document.querySelector(".lit-up, .lit-down")`)
		tab.WaitFor(`outcry.chart().bars.length > 300 && outcry.chart().scale.name === "1"`) // of the hours that a new folder gets
		tab.WaitFor(`document.querySelectorAll("#messages li").length > 1 && document.querySelectorAll(".room").length > 1`)
		for _, part := range []string{"board", "chart", "rooms"} {
			if view.Touch {
				tab.Click(fmt.Sprintf(`#tabs [data-tab=%s]`, part))
			} else if part != "board" {
				continue // all three are on the screen at once
			}
			tab.Screenshot(filepath.Join(folder, "demo-"+name+"-"+part+".png"))
			if cut := tab.Text(`[...document.querySelectorAll(".cell.last, .cell.change, .cell.bid, .cell.ask")].filter((c) => c.scrollWidth > c.clientWidth).map((c) => c.textContent).join(" ")`); cut != "" {
				t.Errorf("%s, %s: prices are cut off: %s", name, part, cut)
			}
			if wide := tab.Text(`String(document.documentElement.scrollWidth - document.documentElement.clientWidth)`); wide != "0" {
				t.Errorf("%s, %s: %s pixels too wide", name, part, wide)
			}
		}
		noProblems(t, tab)
		tab.Close()
	}
}
