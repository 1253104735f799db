package web_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"

	"outcry/gateways/web/webtest"
)

// views are the screens that people have; screenshots of them are artefacts (go test -artifacts).
var views = map[string]webtest.View{
	"light":  {Width: 1440, Height: 900},
	"dark":   {Width: 1440, Height: 900, Dark: true},
	"wide":   {Width: 1920, Height: 1080, Dark: true},
	"tablet": {Width: 1024, Height: 768},
	"phone":  {Width: 390, Height: 844, Touch: true, Dark: true},
	"small":  {Width: 360, Height: 640, Touch: true},
}

// A page that is wider than its window, or that its own policy blocks, is broken on that screen.
func TestEveryScreenShowsThePageWithoutOverflow(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 42)
	talkative(f)
	trading(t, f, 300)
	folder := t.ArtifactDir()
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	for name, view := range views {
		tab.Look(view)
		for _, part := range []string{"board", "chart", "rooms"} {
			if !view.Touch && part != "board" {
				continue
			}
			if view.Touch {
				tab.Click(fmt.Sprintf(`#tabs [data-tab=%s]`, part))
			}
			tab.WaitFor(`document.querySelectorAll("#messages li").length > 5 && outcry.chart().bars.length > 100`)
			tab.WaitFor(`document.querySelector(".line:last-child, .row")`)
			tab.Screenshot(filepath.Join(folder, name+"-"+part+".png"))
			for _, element := range []string{"document.documentElement", "document.querySelector('main')", "document.querySelector('#talk-scroll')", "document.querySelector('.grid')"} {
				overflow := tab.Text(fmt.Sprintf(`String(%[1]s.scrollWidth - %[1]s.clientWidth)`, element))
				if overflow != "0" {
					t.Errorf("%s, %s: %s is %s pixels too wide", name, part, element, overflow)
				}
			}
		}
	}
	noProblems(t, tab)
}

// trading lets the market tick until the test ends.
func trading(t *testing.T, f *fake, perSecond int) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f.market.run(ctx, perSecond) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// live waits until the page is up to date.
func live(tab *webtest.Tab) {
	tab.WaitFor(`document.body.dataset.link === "live"`)
}

func noProblems(t *testing.T, tab *webtest.Tab) {
	t.Helper()
	for _, problem := range tab.Problems() {
		t.Errorf("the page logged: %s", problem)
	}
}

// talkative fills a few rooms.
func talkative(f *fake) {
	lines := []struct{ user, text string }{
		{"maja", "Morning everyone. Watching SIM:AURUM into the open."},
		{"tom.k", "Spread on SIM:BRENTA is wide again, somebody stepped away from the ask"},
		{"maja", "yes, thin since seven"},
		{"maja", "I would wait for the second print before doing anything"},
		{"ines", "Notes from yesterday: https://example.com/notes/2026-11-23 (short version: volatility clusters, who knew)"},
		{"bo", "good read, thanks"},
		{"tom.k", "SIM:COPPR just took out the high of the session. Volume is twice the average of the hour, so I would not lean against it until it comes back into the range; if it does, the first stop is the VWAP."},
		{"ines", "agreed"},
		{"bo", "who is bidding there?"},
	}
	for range 3 {
		for _, l := range lines {
			f.say("floor", l.user, l.text)
		}
	}
	question := f.say("floor", "ines", "Does anybody have the settlement price for SIM:DELTA?")
	answer := func(p *outcryv1.Post) { p.ReplyTo = question }
	f.say("floor", "tom.k", "184.20, unofficial", answer)
	f.say("floor", "bo", "waves at the pit", func(p *outcryv1.Post) { p.Action = true })
	for user, emoji := range map[string]string{"maja": "👍", "bo": "👍", "ines": "🚀"} {
		f.do(user, &outcryv1.Command{Room: "floor", Command: &outcryv1.Command_React{React: &outcryv1.React{TargetSeq: question + 1, Emoji: emoji}}})
	}
	f.say("metals", "maja", "AURUM over COPPR ratio at a month's low")
	f.say("help", "bo", "Press ? for the keys")
	f.rooms["floor"].topic = "What happens on the floor today"
}
