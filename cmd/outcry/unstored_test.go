package main

import (
	"database/sql"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: who saves the store bars of a second loses those of a minute, gets a
// part of the seconds as if it were all, before or after a restart, or a history with a
// hole when they are turned on again.
func TestBarsOfASecondCanBeLeftOutOfTheStore(t *testing.T) {
	s := newServer(t)
	s.stop()
	serve := []string{"serve", "--data", s.data, "--http", s.http, "--admin", ""}
	s.startWith(append(serve, "--store-bars-1s=false")...)
	var csv strings.Builder
	csv.WriteString("time,instrument,price,size\n")
	for second := range 300 {
		fmt.Fprintf(&csv, "2020-01-02T03:%02d:%02dZ,Q,%d,1\n", second/60, second%60, 100+second)
	}
	s.run("import", "--format", "csv", "--define", "auto", s.file("q.csv", csv.String()))
	const first = 1577934000 // 2020-01-02T03:00:00Z
	check := func(when string) {
		t.Helper()
		a, err := s.client().Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "Q", Resolution: outcryv1.Resolution_RESOLUTION_1S, From: first, Limit: 1000})
		if err != nil || len(a.Bars) != 120 || a.KeptFrom != first+180 || a.Bars[0].Time != first+180 {
			t.Errorf("%s: seconds are %v, %v", when, a, err)
		}
		if a, err = s.client().Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "Q", Resolution: outcryv1.Resolution_RESOLUTION_1M, From: first, Limit: 1000}); err != nil || len(a.Bars) != 5 || a.KeptFrom != 0 {
			t.Errorf("%s: minutes are %v, %v", when, a, err)
		}
		told, err := s.command("query", "bars", "Q", "--resolution", "1s", "--from", "2020-01-02T03:00:00Z").CombinedOutput()
		if err != nil || !strings.Contains(string(told), "older bars than 2020-01-02T03:03:00Z are not kept") {
			t.Errorf("%s: a person is told: %v\n%s", when, err, told)
		}
	}
	check("at first")
	s.stop()
	if refused, err := exec.Command(binary, serve...).CombinedOutput(); err == nil || !strings.Contains(string(refused), "--store-bars-1s=false") {
		t.Errorf("stored again: %v\n%s", err, refused)
	}
	s.startWith(append(serve, "--store-bars-1s=false")...)
	check("after a restart")
	s.kill()
	s.startWith(append(serve, "--store-bars-1s=false")...)
	check("after a kill")
	s.stop()
	db, err := sql.Open("sqlite", rowsPath(s.data))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var seconds, minutes int
	if err := db.QueryRow("SELECT sum(resolution = '1s'), sum(resolution = '1m') FROM bars").Scan(&seconds, &minutes); err != nil || seconds != 0 || minutes != 5 {
		t.Errorf("%d rows of seconds, %d of minutes, %v", seconds, minutes, err)
	}
}
