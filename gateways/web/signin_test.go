package web_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outcry/gateways/web/webtest"
)

const (
	annToken = "eyJhbGciOiJIUzI1NiJ9.YW5u.c2lnbmVk"
	asked    = `document.querySelector("#signin").open`
)

// signingIn is a fake where ann and bob sign in, with something to see.
func signingIn(t *testing.T) *fake {
	f := newFake(t, 3)
	f.signIn = newSignIn(map[string]string{annToken: "ann", "bobs-token": "bob"})
	f.say("floor", "maja", "who is there?")
	return f
}

// signIn pastes a token into the form.
func signIn(tab *webtest.Tab, token string) {
	tab.WaitFor(asked)
	tab.Click("#signin-token")
	tab.Type(token)
	tab.Press("Enter")
}

func signedInAs(tab *webtest.Tab, user string) {
	tab.WaitFor(fmt.Sprintf(`!%s && document.querySelector("#user span").textContent === %q`, asked, user))
	live(tab)
}

// stored says in which storages the page keeps a token.
const stored = `[["tab", sessionStorage], ["device", localStorage]].filter(([, s]) => s.getItem("outcry.token")).map(([n]) => n).join()`

func wantStored(t *testing.T, tab *webtest.Tab, want string) {
	t.Helper()
	if got := tab.Text(stored); got != want {
		t.Errorf("a token is kept in %q, want %q", got, want)
	}
}

// Breaks for users: where a token is needed the page shows nothing, or leaves the token where others find it.
func TestThePageAsksForATokenAndKeepsItInItsTab(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	tab := b.Open(f.url(), webtest.View{})
	tab.WaitFor(asked + ` && document.querySelector("#link-text").textContent === "not signed in"`)
	tab.Press("Escape")
	tab.WaitFor(asked + ` && document.querySelector("#signin-cancel").hidden`)
	signIn(tab, "Bearer  "+annToken+" ")
	signedInAs(tab, "ann")
	tab.WaitFor(texts + ` === "who is there?" && outcry.chart().bars.length > 100`)
	found := tab.Text(fmt.Sprintf(`String(document.documentElement.outerHTML.includes(%[1]q) || [...document.querySelectorAll("input")].some((i) => i.value.includes(%[1]q)))`, annToken))
	if found != "false" {
		t.Error("the token is in the document")
	}
	wantStored(t, tab, "tab")
	if err := tab.Eval(`location.reload()`, nil); err != nil {
		t.Fatal(err)
	}
	signedInAs(tab, "ann")
	tab.Open(f.url(), webtest.View{}).WaitFor(asked)
	post(tab, "I am")
	tab.WaitFor(texts + ` === "who is there?|I am"`)
	if user := f.rooms["floor"].read(f.rooms["floor"].head()).User; user != "ann" {
		t.Errorf("posted as %q", user)
	}
	noProblems(t, tab)
}

// Breaks for users: a device that was told to remember does not, or does after signing out.
func TestARememberedTokenIsTheDevicesUntilSomebodySignsOut(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	tab := b.Open(f.url(), webtest.View{})
	tab.WaitFor(asked)
	tab.Click("#signin-remember")
	signIn(tab, annToken)
	signedInAs(tab, "ann")
	wantStored(t, tab, "device")
	other := tab.Open(f.url(), webtest.View{})
	signedInAs(other, "ann")
	tab.Click("#user")
	tab.WaitFor(`document.querySelector("#signin-title").textContent === "Signed in as ann"`)
	tab.Click("#signin-out")
	for _, one := range []*webtest.Tab{tab, other} {
		one.WaitFor(asked + ` && document.querySelectorAll("#board-rows .row, #messages li").length === 0`)
		wantStored(t, one, "")
	}
}

// Breaks for users: a link with a token leaves it in the address, the history, or the server's logs.
func TestATokenInTheFragmentIsTakenAndLeavesTheAddress(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	tab := b.Open(f.url()+"#token="+annToken, webtest.View{})
	signedInAs(tab, "ann")
	tab.WaitFor(texts + ` === "who is there?"`)
	if at := tab.Text(`location.href + " " + history.length`); at != f.url()+" 1" && at != f.url()+" 2" {
		t.Errorf("the page is at %s", at)
	}
	wantStored(t, tab, "tab")
	t.Log("another token of the same user goes on without a break")
	f.signIn.change(func() { f.signIn.users["ann-again"] = "ann" })
	if err := tab.Eval(`location.hash = "token=ann-again"; 1`, nil); err != nil {
		t.Fatal(err)
	}
	tab.WaitFor(`sessionStorage.getItem("outcry.token") === "ann-again" && location.hash === ""`)
	f.signIn.mu.Lock()
	defer f.signIn.mu.Unlock()
	if f.signIn.hellos != 1 || f.signIn.renewals != 1 {
		t.Errorf("%d hellos, %d renewals; want one each", f.signIn.hellos, f.signIn.renewals)
	}
	for _, address := range f.signIn.asked {
		if strings.Contains(address, "token") || strings.Contains(address, annToken) {
			t.Errorf("a request tells the token: %s", address)
		}
	}
}

// Breaks for users: a page whose sign-in has ended looks as if it were live, or does not say why it is not.
func TestAnEndedSignInAsksAgainWithTheReason(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	tab := b.Open(f.url(), webtest.View{})
	signIn(tab, "nobodys")
	tab.WaitFor(asked + ` && document.querySelector("#signin-reason").textContent.includes("the token is not one of ours")`)
	wantStored(t, tab, "")
	signIn(tab, annToken)
	signedInAs(tab, "ann")
	f.signIn.change(func() { f.signIn.expires = time.Now().Add(-time.Second) })
	f.each(func(c *fakeConn) { c.expel(t.Context(), "the token has expired") })
	tab.WaitFor(asked + ` && document.querySelector("#signin-reason").textContent.includes("the token has expired") && document.body.dataset.link === "stopped"`)
	wantStored(t, tab, "")
	f.signIn.change(func() { f.signIn.expires = time.Now().Add(time.Minute) })
	signIn(tab, annToken)
	signedInAs(tab, "ann")
	tab.WaitFor(`document.querySelector("#notice").textContent.includes("Your sign-in ends at")`)
	t.Log("a renewal that is refused says so, and the old token holds on")
	tab.Click("#user")
	signIn(tab, "nobodys")
	tab.WaitFor(asked + ` && document.querySelector("#signin-reason").textContent.includes("new token was not taken: the token is not one of ours")`)
	tab.Click("#signin-cancel")
	signedInAs(tab, "ann")
}

// Breaks for users: what was shown to one person stays on the screen of the next.
func TestAnotherUserSeesNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	tab := b.Open(f.url(), webtest.View{})
	signIn(tab, annToken)
	signedInAs(tab, "ann")
	if err := tab.Eval(`window.before = 1`, nil); err != nil {
		t.Fatal(err)
	}
	tab.Click("#user")
	signIn(tab, "bobs-token")
	tab.WaitFor(`window.before === undefined`)
	signedInAs(tab, "bob")
}

// Breaks for users: a room that may not be seen, or not be written in, is silent about it.
func TestWhatIsNotGrantedIsSaidWhereItHappens(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	f.say("attic", "maja", "secret")
	f.signIn.change(func() { f.signIn.hidden["attic"], f.signIn.silent["bob"] = true, true })
	tab := b.Open(f.url()+"#token=bobs-token", webtest.View{})
	signedInAs(tab, "bob")
	topic := `document.querySelector("#room-topic").textContent`
	tab.Click(`[data-room="attic"]`)
	tab.WaitFor(topic + `.includes("see is not granted on attic") && document.querySelector("#composer-text").disabled`)
	tab.Click(`[data-room="floor"]`)
	tab.WaitFor(texts + ` === "who is there?"`)
	if f.rooms["floor"].members["bob"] {
		t.Error("bob is in a room that he only looked at")
	}
	post(tab, "me")
	tab.WaitFor(`document.querySelector("#pending .failed .send-state")?.textContent.includes("post is not granted on floor to bob")`)
	f.hide("floor")
	tab.WaitFor(topic + `.includes("see is not granted on floor") && document.querySelector("#composer-text").disabled`)
}

// Breaks for users: a room that is read from one's joining on can't be joined.
func TestARoomOfMembersIsJoinedByWriting(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	f.signIn.change(func() { f.signIn.members["floor"] = true })
	tab := b.Open(f.url()+"#token="+annToken, webtest.View{})
	signedInAs(tab, "ann")
	tab.WaitFor(`document.querySelector("#room-topic").textContent === "join room floor first" && document.querySelector("#composer-text").placeholder === "Write to join"`)
	post(tab, "let me in")
	tab.WaitFor(texts + `.endsWith("let me in") && document.querySelector("#room-topic").textContent === ""`)
}

// Breaks for users: a link with a token locks them out of a server without sign-in.
func TestATokenWhereNobodySignsInChangesNothing(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 2)
	f.say("floor", "maja", "who is there?")
	tab := b.Open(f.url()+"#token="+annToken, webtest.View{})
	live(tab)
	post(tab, "I am")
	tab.WaitFor(texts + ` === "who is there?|I am" && document.querySelector("#user span").textContent.startsWith("guest-") && location.hash === ""`)
	noProblems(t, tab)
}

// Breaks for users: a server that lets everybody look shows them nothing without a token.
func TestPeopleWithoutATokenMayLookWhereTheServerLetsThem(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	f.signIn.change(func() { f.signIn.anonymous = true })
	tab := b.Open(f.url(), webtest.View{})
	signedInAs(tab, "Sign in")
	tab.WaitFor(texts + ` === "who is there?" && document.querySelector("#composer-text").placeholder === "Sign in to write"`)
	tab.Click("#user")
	tab.WaitFor(asked)
	tab.Press("Escape")
	tab.WaitFor("!" + asked)
	tab.Click("#user")
	signIn(tab, annToken)
	signedInAs(tab, "ann")
	tab.WaitFor(`!document.querySelector("#composer-text").disabled`)
	noProblems(t, tab)
}

// Breaks for users: the form does not fit on their screen.
func TestTheSignInFormFitsEveryScreen(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	tab := b.Open(f.url(), webtest.View{})
	signIn(tab, "nobodys")
	for name, view := range views {
		tab.Look(view)
		tab.WaitFor(asked + ` && (() => { const r = document.querySelector("#signin").getBoundingClientRect();
			return r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && r.width > 200 })()`)
		tab.Screenshot(filepath.Join(t.ArtifactDir(), name+"-signin.png"))
	}
	signIn(tab, annToken)
	signedInAs(tab, "ann")
	tab.Click("#user")
	tab.WaitFor(asked)
	tab.Screenshot(filepath.Join(t.ArtifactDir(), "signed-in.png"))
}
