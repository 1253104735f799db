package main

import (
	"fmt"
	"testing"

	"outcry/gateways/web/webtest"
)

// Breaks for users: the page does not work where people sign in, or shows more than was granted.
func TestThePageSignsIn(t *testing.T) {
	b := webtest.Start(t)
	s, secret, _ := signedIn(t)
	root := minted(t, "--key", secret, "--user", "root", "--grant", "admin=*", "--grant", "post=*", "--grant", "ingest=*")
	for _, args := range [][]string{
		{"post", "--join", "hall", "who is there?"},
		{"post", "--join", "attic", "of the house"},
		{"import", "--format", "csv", "--define", "auto", s.file("trades.csv", "time,instrument,price,size\n2026-01-02T15:04:05Z,GOLD,1.5,2\n2026-01-02T15:04:05Z,LEAD,1.5,2\n")},
	} {
		if _, err := s.commandAs(root, args...); err != nil {
			t.Fatal(err)
		}
	}
	ann := minted(t, "--key", secret, "--user", "ann", "--grant", "see=hall", "--grant", "see=GOLD", "--grant", "post=hall")
	tab := b.Open(s.url, webtest.View{})
	asked := `document.querySelector("#signin").open`
	tab.WaitFor(asked)
	tab.Click("#signin-token")
	tab.Type(ann)
	tab.Press("Enter")
	live(tab)
	tab.WaitFor(`document.querySelector("#user span").textContent === "ann" && outcry.chart().bars.length > 0`)
	tab.WaitFor(`[...document.querySelectorAll(".row[data-id], [data-room]")].map((e) => e.dataset.id ?? e.dataset.room).join() === "GOLD,hall"`)
	tab.WaitFor(`!document.querySelector("#composer-text").disabled`)
	tab.Click("#composer-text")
	tab.Type("I am")
	tab.Press("Enter")
	tab.WaitFor(`[...document.querySelectorAll("#messages .post .text")].map((e) => e.textContent).join() === "who is there?,I am"`)
	noProblems(t, tab)
	t.Log("taking it back")
	if _, err := s.commandAs(root, "revoke", "ann"); err != nil {
		t.Fatal(err)
	}
	tab.WaitFor(asked + ` && document.querySelector("#signin-reason").textContent.includes("revoked")`)
	tab.WaitFor(`!sessionStorage.getItem("outcry.token")`)
}

// Breaks for users: a word to one person does not arrive, or the page can't be used for it.
func TestThePageHasConversationsOfTwo(t *testing.T) {
	b := webtest.Start(t)
	t.Run("signed in", func(t *testing.T) {
		s, secret, _ := signedIn(t)
		speakAlone(t, func(user string) *webtest.Tab {
			return b.Open(s.url+"/#token="+minted(t, "--key", secret, "--user", user, "--grant", "see=*", "--grant", "post=*"), webtest.View{})
		})
	})
	t.Run("nobody signs in", func(t *testing.T) {
		s := serving(t)
		speakAlone(t, func(user string) *webtest.Tab {
			tab := b.Open(s.url, webtest.View{})
			live(tab)
			if err := tab.Eval(fmt.Sprintf(`localStorage.setItem("outcry.user", %q); location.reload()`, user), nil); err != nil {
				t.Fatal(err)
			}
			return tab
		})
	})
}

func speakAlone(t *testing.T, open func(user string) *webtest.Tab) {
	ann, bob := open("ann"), open("bob")
	for user, tab := range map[string]*webtest.Tab{"ann": ann, "bob": bob} {
		tab.WaitFor(fmt.Sprintf(`document.querySelector("#user span").textContent === %q`, user))
		live(tab)
	}
	ann.Click("#room-join-id")
	ann.Type("@bob")
	ann.Press("Enter")
	ann.WaitFor(`document.querySelector("#room-title").textContent === "@bob" && !document.querySelector("#composer-text").disabled`)
	ann.Click("#composer-text")
	ann.Type("a word with you")
	ann.Press("Enter")
	const said = `document.querySelector("#messages .post .text")?.textContent === "a word with you"`
	ann.WaitFor(said)
	bob.Click(`[data-room="dm:qiggnzlmrr5hnjnfuyppgk5edrk3wgo6"]`)
	bob.WaitFor(said + ` && document.querySelector("#room-title").textContent === "@ann"`)
	noProblems(t, ann)
	noProblems(t, bob)
}
