package web_test

import (
	"fmt"
	"testing"
	"time"

	"outcry/gateways/web/webtest"
)

// cell gives the text of a column of the row of an instrument, as JavaScript.
func cell(id, column string) string {
	return fmt.Sprintf(`document.querySelector('.row[data-id="%s"] .%s').textContent`, id, column)
}

// A board that does not follow the tape, or does not say which way it goes, is not one.
func TestBoardFollowsTheTapeAndFlashes(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 5)
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	if err := tab.Eval(`window.flashes = []; new MutationObserver((all) => all.forEach((m) => {
		const lit = [...m.target.classList].find((c) => c.startsWith("lit-"));
		if (lit && m.target.classList.contains("last")) flashes.push(m.target.parentElement.dataset.id + " " + lit);
	})).observe(document.querySelector("#board-rows"), {subtree: true, attributeFilter: ["class"]}); 1`, nil); err != nil {
		t.Fatal(err)
	}
	up := f.market.tick("SIM:DELTA", 3)
	tab.WaitFor(fmt.Sprintf(`%s.replaceAll(",", "") === %q && flashes.includes("SIM:DELTA lit-up")`, cell("SIM:DELTA", "last"), up))
	down := f.market.tick("SIM:DELTA", -2)
	tab.WaitFor(fmt.Sprintf(`%s.replaceAll(",", "") === %q && flashes.includes("SIM:DELTA lit-down")`, cell("SIM:DELTA", "last"), down))
	tab.WaitFor(`!document.querySelector(".lit-up, .lit-down")`)
	noProblems(t, tab)
}

// Old prices that look like new ones cost money: a feed that has fallen silent must be seen.
func TestStaleInstrumentSaysSinceWhen(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 3)
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	f.market.setStale("SIM:AURUM", time.Now().Add(-time.Minute))
	tab.WaitFor(`/stale since \d\d:\d\d \(feed\)/.test(document.querySelector('.row.stale[data-id="SIM:AURUM"]').title)`)
	if others := tab.Text(`String(document.querySelectorAll(".row.stale").length)`); others != "1" {
		t.Errorf("%s rows are stale, want 1", others)
	}
}

// Traders do not reach for the mouse.
func TestKeysSelectFilterSortAndChangeTheResolution(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 8)
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	selected := func(id string) string {
		return fmt.Sprintf(`document.querySelector('.row[aria-selected="true"]').dataset.id === %q && document.querySelector("#ticker-symbol").textContent === %q`, id, id)
	}
	tab.WaitFor(selected("SIM:ARGENT"))
	tab.Press("ArrowDown")
	tab.WaitFor(selected("SIM:AURUM"))
	tab.Press("End")
	tab.WaitFor(selected("SIM:HELIX") + ` || ` + selected("SIM:GRANO"))
	tab.Press("ArrowUp")
	tab.Press("3")
	tab.WaitFor(`outcry.chart().scale.name === "5" && document.querySelector('#scales [aria-checked="true"]').textContent === "5m"`)
	tab.Press("/")
	tab.Type("fjo")
	tab.WaitFor(`document.querySelectorAll("#board-rows .row").length === 1 && document.activeElement.id === "filter"`)
	tab.Press("Escape")
	tab.WaitFor(`document.querySelectorAll("#board-rows .row").length === 8`)
	tab.Press("c")
	tab.WaitFor(`document.activeElement.id === "composer-text" || document.querySelector("#composer-text").disabled`)
	tab.Press("Escape")
	tab.Press("?")
	tab.WaitFor(`document.querySelector("#help").open`)
	tab.Press("Escape")
	tab.WaitFor(`!document.querySelector("#help").open`)
	tab.Click(`#board-head .last button`)
	tab.WaitFor(`document.querySelector("#board-head .last").ariaSort === "descending" && (() => {
		const prices = [...document.querySelectorAll("#board-rows .last")].map((c) => Number(c.textContent.replaceAll(",", "")));
		return prices.every((p, n) => n === 0 || prices[n - 1] >= p);
	})()`)
	noProblems(t, tab)
}

// The chart must be drawn, of the bars that the server has, and go on by itself.
func TestChartDrawsHistoryAndTheLiveBarInEveryResolution(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 2)
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	for key, name := range []string{"1S", "1", "5", "15", "60", "1D"} {
		tab.Press(fmt.Sprint(key + 1))
		tab.WaitFor(fmt.Sprintf(`outcry.chart().scale.name === %q && outcry.chart().bars.length > 1`, name))
		price := f.market.tick("SIM:ARGENT", 40)
		tab.WaitFor(fmt.Sprintf(`outcry.chart().bars.at(-1).close === %s && outcry.chart().bars.at(-1).high >= %[1]s`, price))
		same := tab.Text(fmt.Sprintf(`(async () => {
			const a = await (await fetch("/udf/history?symbol=SIM:ARGENT&resolution=%s&from=0&to=99999999999&countback=3")).json();
			const last = outcry.chart().bars.slice(-3);
			return JSON.stringify([a.t, a.o, a.h, a.l, a.c]) === JSON.stringify(["time", "open", "high", "low", "close"].map((k) => last.map((b) => b[k]))) ? "same" : JSON.stringify([a, last]);
		})()`, name))
		if same != "same" {
			t.Errorf("resolution %s: the newest bars on the page are not the server's: %s", name, same)
		}
	}
	tab.Press("2")
	tab.WaitFor(`outcry.chart().scale.name === "1" && outcry.chart().bars.length >= 600`)
	// Candles of both colours are on the canvas, not only in memory.
	tab.WaitFor(webtest.CandlesDrawn)
	noProblems(t, tab)
}

// A market whose past comes after its first ticks, as a demo's or an import's does, would be shown by the second for ever.
func TestAChartOfFewMinutesShowsMinutesOnceThereAreMore(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 1)
	id := f.market.ids[0]
	past := f.market.withhold(id, 60)
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	tab.WaitFor(`outcry.chart().scale.name === "1S" && outcry.chart().bars.length > 300`)
	f.market.bring(id, 60, past)
	tab.WaitFor(`outcry.chart().scale.name === "1" && outcry.chart().bars.length >= 600`)
	noProblems(t, tab)
}
