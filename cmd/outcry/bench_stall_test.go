package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"outcry/bench/stall"
)

func measuredBench(t *testing.T, into any, args ...string) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"bench"}, append(args, "--json")...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
}

// Breaks for users: a phone that comes out of a tunnel was closed meanwhile, or
// misses a word, or is shown a film of old prices.
func TestClientsThatStoodStillHaveEveryPostAndFreshPrices(t *testing.T) {
	stood := func(t *testing.T, args ...string) {
		var r stall.Tunnel
		measuredBench(t, &r, append([]string{"tunnel", "--clients", "3", "--instruments", "50", "--rate", "5000", "--still", "4s", "--warm-up", "1s"}, args...)...)
		if r.Whole != 3 || r.Posts < 10 || r.Updates < 50 {
			t.Errorf("%+v", r)
		}
		if r.Seconds != 4 || r.RSSMB[2] == 0 || r.OldKB > 32<<10 { // the kernels' buffers are what they are
			t.Errorf("%+v", r)
		}
	}
	t.Run("Directly", func(t *testing.T) { stood(t) })
	t.Run("ThroughHAProxy", func(t *testing.T) {
		program, err := exec.LookPath("haproxy")
		if err != nil {
			t.Skip("haproxy is not installed")
		}
		stood(t, "--haproxy", program)
	})
}

// Breaks for users: after a crash somebody stays away, or misses what was said meanwhile.
func TestAllComeBackAfterAKill(t *testing.T) {
	var r stall.Storm
	measuredBench(t, &r, "storm", "--clients", "50", "--instruments", "20", "--subscriptions", "5")
	if r.Back != 50 || r.Caught != 50 || r.SpreadMs <= 0 || len(r.Faults) > 0 || r.CaughtMs[1] <= 0 {
		t.Errorf("%+v", r)
	}
}
