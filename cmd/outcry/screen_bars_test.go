package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"outcry/gateways/web/webtest"
)

// prints imports one trade at each of these times, in seconds.
func (s *screened) prints(price int, times ...int64) {
	s.t.Helper()
	var body strings.Builder
	for _, at := range times {
		fmt.Fprintf(&body, `{"time":%d,"instrument":"ACME","price":"%d","size":"1"}`+"\n", at, price)
	}
	answer, err := http.Post(s.url+"/v1/ingest?define=auto&time-unit=s&mode=import", "application/x-ndjson", strings.NewReader(body.String()))
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("importing: %s", answer.Status)
	}
}

// While an import fills a chart that somebody looks at, bars come between and
// before those that are drawn. The chart library throws at such bars, and a
// page that throws stands still.
func TestBarsThatComeLateAreDrawnInTheirPlace(t *testing.T) {
	b := webtest.Start(t)
	s := serving(t)
	const start = 1_700_000_040 // of a minute
	s.prints(10, start+600, start+1200)
	tab := b.Open(s.url, webtest.View{})
	live(tab)
	tab.Press("2")
	times := `outcry.chart().bars.map((b) => b.time).join()`
	tab.WaitFor(fmt.Sprintf(`outcry.chart().scale.name === "1" && %s === "%d,%d"`, times, start+600, start+1200))
	s.prints(11, start+900)
	tab.WaitFor(fmt.Sprintf(`%s === "%d,%d,%d"`, times, start+600, start+900, start+1200))
	s.prints(12, start, start+1260)
	tab.WaitFor(fmt.Sprintf(`%s === "%d,%d,%d,%d,%d"`, times, start, start+600, start+900, start+1200, start+1260))
	tab.WaitFor(`document.querySelector("#legend").textContent.includes("C 12")`)
	noProblems(t, tab)
}
