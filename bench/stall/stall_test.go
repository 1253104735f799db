package stall

import (
	"strings"
	"testing"
)

// Breaks for users: a report would say that nothing old was written while it was.
func TestOldVersionsAreFound(t *testing.T) {
	const ms = int64(1e6)
	ticks := Ticks{{100 * ms, 200 * ms, 900 * ms}}
	run := Tunnel{Clients: 2, Posts: 3}
	run.Take([]Client{
		{Posts: 3, CaughtMs: 7, Updates: []Update{
			{Event: 100 * ms, Read: 449 * ms, Bytes: 1 << 10},      // superseded at 200, for 249 ms
			{Event: 100 * ms, Read: 1000 * ms, Bytes: 100 << 10},   // for 800
			{Event: 200 * ms, Read: 1000 * ms, Bytes: 300 << 10},   // for 100
			{Event: 900 * ms, Read: 99_000 * ms, Bytes: 400 << 10}, // the newest there is
		}},
		{Posts: 2, Fault: "a gap"},
	}, ticks)
	if run.OldKB != 100 || run.LateMs != 100 || run.Whole != 1 || run.CaughtMs != 7 || len(run.Faults) != 1 {
		t.Errorf("%+v", run)
	}
	if text := run.Text(); !strings.Contains(text, "1 of 2") || !strings.Contains(text, "a gap") {
		t.Error(text)
	}
}

// Breaks for users: a rush of clients would look spread out, or one that never came back as if it had.
func TestTheBusiestTenthOfASecondIsFound(t *testing.T) {
	const ms = int64(1e6)
	s := Storm{Clients: 5, SpreadMs: 500}
	s.Take([]Return{{Hello: 1000 * ms, Caught: 1500 * ms}, {Hello: 1050 * ms, Caught: 1200 * ms}, {Hello: 1099 * ms}, {Hello: 1100 * ms}, {Fault: "it stayed away"}}, 900*ms)
	// Of five in five tenths of a second, one a tenth is the mean.
	if s.Busiest != 3 || s.Share != 3 || s.Back != 4 || s.Caught != 2 || s.HelloMs[1] != 200 || s.CaughtMs[1] != 600 || len(s.Faults) != 1 {
		t.Errorf("%+v", s)
	}
}
