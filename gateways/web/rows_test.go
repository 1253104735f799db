package web_test

import (
	"path/filepath"
	"testing"

	"outcry/gateways/web/webtest"
)

// Who misses yesterday's bars has to see that the store catches up, and that prices do not wait for it.
func TestTheFooterSaysHowFarTheStoreIsBehind(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	f := newFake(t, 3)
	f.behind(`{"state":"catching_up","lag_seconds":42.4}`)
	tab := b.Open(f.url(), webtest.View{Width: 1440, Height: 900})
	live(tab)
	tab.WaitFor(`!document.querySelector("#foot-rows").hidden && document.querySelector("#foot-rows").textContent === "history catching up, 42 s behind"`)
	tab.Screenshot(filepath.Join(t.ArtifactDir(), "rows.png"))
	f.behind(`{"state":"ready","lag_seconds":0}`)
	tab.WaitFor(`document.querySelector("#foot-rows").hidden`)
	noProblems(t, tab)
}
