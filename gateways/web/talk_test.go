package web_test

import (
	"fmt"
	"strings"
	"testing"

	"outcry/gateways/web/webtest"
)

// texts gives the texts of the posts that are shown, joined by |.
const texts = `[...document.querySelectorAll("#messages .post .text, #messages .action .text")].map((e) => e.firstChild.textContent).join("|")`

// line finds the line of a seq.
func line(seq uint64) string { return fmt.Sprintf(`#messages li[data-seq="%d"]`, seq) }

// post writes a message as a person does.
func post(tab *webtest.Tab, text string) {
	tab.WaitFor(`!document.querySelector("#composer-text").disabled`)
	tab.Click("#composer-text")
	tab.Type(text)
	tab.Press("Enter")
}

// People who share a room must see what each does, at once and the same.
func TestWhatOneTabDoesIsSeenInAnother(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 2)
	first := f.say("floor", "maja", "who is there?")
	ann := b.Open(f.url(), webtest.View{})
	bob := b.Open(f.url(), webtest.View{Dark: true})
	for _, tab := range []*webtest.Tab{ann, bob} {
		live(tab)
		tab.WaitFor(fmt.Sprintf(`document.querySelector(%q)`, line(first)))
	}
	post(ann, "I am")
	bob.WaitFor(texts + ` === "who is there?|I am"`)
	ann.WaitFor(`document.querySelector("#messages .own")`)
	mine := uint64(0)
	if err := ann.Eval(`Number(document.querySelector("#messages .own").dataset.seq)`, &mine); err != nil {
		t.Fatal(err)
	}
	bob.WaitFor(fmt.Sprintf(`document.querySelector(%q)`, line(mine)))

	t.Log("answering")
	bob.Hover(line(mine))
	bob.Click(line(mine) + ` [aria-label="Reply"]`)
	bob.Type("so am I")
	bob.Press("Enter")
	ann.WaitFor(`document.querySelector("#messages .quote")?.textContent.includes("I am") && document.querySelector(".thread-link").textContent === "1 reply"`)

	t.Log("reacting")
	bob.Hover(line(first))
	bob.Click(line(first) + ` [aria-label="React"]`)
	bob.Click(`#palette-emoji button`)
	ann.WaitFor(fmt.Sprintf(`document.querySelector('%s .reaction span').textContent === "1"`, line(first)))
	ann.Click(line(first) + ` .reaction`)
	bob.WaitFor(fmt.Sprintf(`document.querySelector('%s .reaction span').textContent === "2"`, line(first)))
	bob.Click(line(first) + ` .reaction`)
	ann.WaitFor(fmt.Sprintf(`document.querySelector('%s .reaction[aria-pressed="true"] span').textContent === "1"`, line(first)))

	t.Log("editing")
	ann.Click("#composer-text")
	ann.Press("ArrowUp")
	ann.WaitFor(`document.querySelector("#composer-text").value === "I am"`)
	ann.Type(" here")
	ann.Press("Enter")
	bob.WaitFor(fmt.Sprintf(`document.querySelector('%s .text').textContent === "I am here (edited)"`, line(mine)))

	t.Log("deleting")
	ann.Hover(line(mine))
	ann.Click(line(mine) + ` [aria-label="Delete"]`)
	bob.WaitFor(fmt.Sprintf(`document.querySelector('%s .deleted')`, line(mine)))
	noProblems(t, ann)
	noProblems(t, bob)
}

// A refused message must not look as if it were sent, nor be lost.
func TestARefusedMessageSaysSoAndWaits(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 1)
	f.say("floor", "maja", "hello")
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	post(tab, "forbidden")
	tab.WaitFor(`document.querySelector("#pending .failed .send-state")?.textContent.includes("that word is not allowed")`)
	tab.Click(`#pending .send-state button:last-child`)
	tab.WaitFor(`!document.querySelector("#pending li")`)
}

// Text of others is text: it must not run, and long history must be reachable.
func TestHistoryIsReadBackwardsAndShownAsText(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 1)
	const count = 250
	for n := 1; n <= count; n++ {
		f.say("floor", "maja", fmt.Sprintf("<img src=x onerror=alert(1)> %d", n))
	}
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	tab.WaitFor(texts + `.endsWith(" 250")`)
	if got := tab.Text(`String(document.querySelectorAll("#messages img").length)`); got != "0" {
		t.Error("text of a message became an element")
	}
	tab.WaitFor(`(() => { document.querySelector("#talk-scroll").scrollTop = 0; return document.querySelector('#messages li[data-seq="1"]') })()`)
	got := strings.Split(tab.Text(texts), "|")
	for n, text := range got {
		if want := fmt.Sprintf("<img src=x onerror=alert(1)> %d", n+1); text != want {
			t.Fatalf("line %d is %q, want %q", n, text, want)
		}
	}
	if len(got) != count {
		t.Errorf("%d lines, want %d", len(got), count)
	}
	noProblems(t, tab)
}

// Unread counts say where to look; reading clears them.
func TestUnreadMessagesAreCountedInOtherRooms(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 1)
	f.say("alpha", "maja", "one")
	f.say("beta", "maja", "two")
	tab := b.Open(f.url(), webtest.View{})
	live(tab)
	tab.WaitFor(`document.querySelector('[data-room="alpha"][aria-current]')`)
	tab.WaitFor(`document.querySelectorAll(".room").length === 2 && document.querySelectorAll("#messages .system").length === 1`)
	f.say("beta", "maja", "three")
	f.say("beta", "maja", "four")
	tab.WaitFor(`document.querySelector('[data-room="beta"] .unread')?.textContent === "2"`)
	tab.Press("]")
	tab.WaitFor(texts + ` === "two|three|four" && !document.querySelector('[data-room="beta"] .unread')`)
	tab.WaitFor(`document.querySelector(".new-mark")`)
}
