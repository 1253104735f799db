package path

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

//go:noinline
func spin(until time.Time) (n uint64) {
	for time.Now().Before(until) {
		for i := range uint64(10_000) {
			n += i * i
		}
	}
	return n
}

// A stage's share that is not its own would send whoever reads it to the wrong place.
func TestProfileGivesTimeToTheInnermostStage(t *testing.T) {
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		t.Skip("another profile is running:", err)
	}
	spin(time.Now().Add(300 * time.Millisecond))
	pprof.StopCPUProfile()
	stage := func(f string) string {
		switch {
		case strings.HasSuffix(f, "path.spin"):
			return "spin"
		case strings.Contains(f, "TestProfile"):
			return "outer"
		}
		return ""
	}
	got, err := ReadProfile(out.Bytes(), stage, Rest)
	if err != nil {
		t.Fatal(err)
	}
	var all int64
	for _, n := range got {
		all += n
	}
	if all == 0 {
		t.Skip("the machine gave no samples")
	}
	if got["spin"] < all*8/10 || got["outer"] > 0 {
		t.Errorf("of %d ns: %v, want nearly all in spin", all, got)
	}
}

// A stage that is renamed would silently count as the caller's.
func TestStagesHaveNames(t *testing.T) {
	for f, want := range map[string]string{
		"outcry/events.(*Decoder).Decode":                           "decode",
		"outcry/events.(*Stream).Tick":                              "publisher",
		"outcry/events/embedded.(*committer).append":                "log",
		"outcry/actors/instrument.(*State).Fold":                    "fold",
		"outcry/projections/sqlite.(*Store).Write":                  "rows",
		"outcry/gateways/session.(*Session).Fill":                   "edge",
		"outcry/bench/load.(*Floor).Next":                           "generator",
		"runtime.mallocgc":                                          "",
		"github.com/asynkron/protoactor-go/actor.(*x).processQueue": "",
	} {
		if got := StageOf(f); got != want {
			t.Errorf("%s is %q, want %q", f, got, want)
		}
	}
}
