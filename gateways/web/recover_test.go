package web_test

import (
	"fmt"
	"strings"
	"testing"

	"outcry/gateways/web/webtest"
)

// wantTexts checks that the page shows exactly these posts, each once, in order.
func wantTexts(t *testing.T, tab *webtest.Tab, want ...string) {
	t.Helper()
	joined := strings.Join(want, "|")
	tab.WaitFor(fmt.Sprintf(`%s === %q`, texts, joined))
}

// A server that dies and comes back must cost nobody a message, twice or never shown.
func TestKilledServerCostsNoMessageAndNoDouble(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 3)
	f.say("floor", "maja", "one")
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	post(tab, "two")
	wantTexts(t, tab, "one", "two")
	f.kill()
	tab.WaitFor(`!document.querySelector("#banner").hidden && document.body.classList.contains("lost")`)
	tab.WaitFor(`/reconnecting in \d/.test(document.querySelector("#link-text").textContent)`)
	// While nobody listens: said by another client of another node, and written here.
	f.say("floor", "maja", "three")
	post(tab, "five")
	tab.WaitFor(`document.querySelector("#pending .sending")`)
	f.say("floor", "maja", "four")
	f.start()
	wantTexts(t, tab, "one", "two", "three", "four", "five")
	live(tab)
	tab.WaitFor(`document.querySelector("#banner").hidden && !document.querySelector("#pending li")`)
	price := f.market.tick("SIM:ARGENT", 5)
	tab.WaitFor(fmt.Sprintf(`%s.replaceAll(",", "") === %q`, cell("SIM:ARGENT", "last"), price))
	tab.WaitFor(fmt.Sprintf(`outcry.chart().bars.at(-1).close === %s`, price))
}

// Only the answer was lost: sending again under another id would post twice.
func TestAPostWhoseAnswerWasLostIsThereOnce(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 1)
	f.say("floor", "maja", "one")
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	tab.WaitFor(`!document.querySelector("#composer-text").disabled && document.querySelector("#messages .system")`)
	f.mu.Lock()
	f.beforeAnswer = f.closeConns
	f.mu.Unlock()
	post(tab, "two")
	f.say("floor", "maja", "three")
	wantTexts(t, tab, "one", "two", "three")
	live(tab)
	tab.WaitFor(`!document.querySelector("#pending li")`)
	wantTexts(t, tab, "one", "two", "three")
}

// An item that never came is asked for as soon as the next one shows the hole.
func TestAHoleInTheStreamIsFilled(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 1)
	f.say("floor", "maja", "one")
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	tab.WaitFor(`document.querySelector("#messages .system")`)
	skipped := make(chan struct{})
	f.each(func(c *fakeConn) { c.skip, c.skipped = "floor", skipped })
	f.say("floor", "maja", "two")
	<-skipped
	f.say("floor", "maja", "three")
	wantTexts(t, tab, "one", "two", "three")
}

// Another log under the same address: what was shown is not true any more, and the page must say so.
func TestAReplacedLogStartsThePageAnew(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 2)
	f.say("floor", "maja", "of the old log")
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	wantTexts(t, tab, "of the old log")
	f.kill()
	f.replaceLog("lineage-two")
	f.say("floor", "maja", "of the new log")
	f.start()
	wantTexts(t, tab, "of the new log")
	live(tab)
	tab.WaitFor(`!document.querySelector("#replaced").hidden && document.querySelector("#foot-lineage").title === "lineage-two"`)
	price := f.market.tick("SIM:ARGENT", 5)
	tab.WaitFor(fmt.Sprintf(`%s.replaceAll(",", "") === %q`, cell("SIM:ARGENT", "last"), price))
	post(tab, "and it goes on")
	wantTexts(t, tab, "of the new log", "and it goes on")
}
