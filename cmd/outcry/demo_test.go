package main

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// Port 8080 is the most taken port there is; the first command of a new user must not end there.
func TestTheDemoPicksAFreePortWhereItsOwnIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := &screened{server: server{t: t, data: t.TempDir(), home: t.TempDir()}, args: []string{"demo"}, http: taken.Addr().String()}
	s.begin()
	t.Cleanup(s.kill)
	if s.http == taken.Addr().String() {
		t.Fatalf("the demo says it is at %s, where another listens", s.url)
	}
	s.says("  port         ")
	for _, line := range []string{"  market       synthetic", "  try next     ", "               kill -9 ", "  history      "} {
		s.says(line)
	}
	if list := s.run("query", "bars", "DEMO:QUARK"); !strings.Contains(list, "closed") {
		t.Errorf("there is no market at %s: %s", s.url, list)
	}
}

// A demo that was killed must go on where it was, not begin another market.
func TestAKilledDemoGoesOnWhereItWas(t *testing.T) {
	s := newScreened(t, "demo")
	s.says("  history      ")
	before := s.run("query", "bars", "DEMO:QUARK", "--resolution", "1m", "--limit", "0", "--format", "csv")
	s.kill()
	s.begin()
	s.says("               kill -9 ")
	after := s.run("query", "bars", "DEMO:QUARK", "--resolution", "1m", "--limit", "0", "--format", "csv")
	closed := strings.Split(strings.TrimSpace(before), "\n")
	if len(closed) < 100 {
		t.Fatalf("the demo's history has %d bars", len(closed))
	}
	for _, bar := range closed[:len(closed)-2] { // the newest are still forming
		if !strings.Contains(after, bar) {
			t.Fatalf("the bar %s has gone", bar)
		}
	}
}

// Whoever starts a second demo must learn that the first is running.
func TestASecondDemoSaysThatOneIsRunning(t *testing.T) {
	s := newScreened(t, "demo")
	out, err := exec.Command(binary, "demo", "--data", s.data, "--http", "127.0.0.1:0", "--admin", "").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another process") {
		t.Errorf("%v: %s", err, out)
	}
}
