package web_test

import (
	"testing"

	"outcry/gateways/web/webtest"
)

// Breaks for users: a person can't be written to alone, does not see it, or everybody does.
func TestTwoPeopleSpeakAlone(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := signingIn(t)
	f.signIn.change(func() { f.signIn.users["cyds-token"] = "cyd" })
	tabs := map[string]*webtest.Tab{}
	for user, token := range map[string]string{"ann": annToken, "bob": "bobs-token", "cyd": "cyds-token"} {
		tabs[user] = b.Open(f.url()+"#token="+token, webtest.View{})
		signedInAs(tabs[user], user)
	}
	ann, bob := tabs["ann"], tabs["bob"]
	ann.Click("#room-join-id")
	ann.Type("@bob")
	ann.Press("Enter")
	ann.WaitFor(`document.querySelector("#room-title").textContent === "@bob"`)
	post(ann, "a word with you")
	ann.WaitFor(texts + ` === "a word with you"`)
	bob.WaitFor(`[...document.querySelectorAll(".room-name")].some((e) => e.textContent === "@ann")`)
	bob.Click(`[data-room^="dm:"]`)
	bob.WaitFor(texts + ` === "a word with you"`)
	post(bob, "yes?")
	ann.WaitFor(texts + ` === "a word with you|yes?"`)
	if others := tabs["cyd"].Text(`[...document.querySelectorAll("[data-room]")].map((e) => e.dataset.room).join()`); others != "floor" {
		t.Errorf("a third person sees %s", others)
	}
	noProblems(t, ann)
	noProblems(t, bob)
}
