package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"outcry/bench/pair"
	"outcry/bench/path"
	"outcry/bench/stall"
)

func sample() *results {
	r := &path.Result{Settings: path.Settings{Rate: 1e6}, Seconds: 2, CPU: path.CPU{NsPerEvent: 500, Stages: path.StagesOf(map[string]int64{"fold": 1, "log": 1}, 500)},
		Base: path.Base{NsPerEvent: 250}, Ratio: 2, Latency: path.Latency{P50: 1, P99: 9, P999: 12}, Flow: path.Flow{Offered: 2e6, Folded: 2e6},
		Samples: []path.Sample{{Seconds: 0, Offered: 10}, {Seconds: 2, Offered: 2e6, Folded: 2e6 - 5}}}
	all := &results{Runs: map[string][]*path.Result{}, Starts: &path.Start{Measured: []path.StartTime{{Events: 1e6, Seconds: []float64{1}, Median: 1}, {Events: 30e6, Seconds: []float64{3}, Median: 3}}}}
	for _, name := range []string{"bare", "million", "200k", "memory"} {
		all.Runs[name] = []*path.Result{r}
	}
	return all
}

// A target that is missed and shown as reached would be a lie in the documentation.
func TestTablesSayWhatWasMissed(t *testing.T) {
	text := tables(sample(), "x")
	for _, want := range []string{
		"p99 at 200,000/s, ms | ≤ 8 | 9.00 | **no**",
		"without rows, of the base | ≤ 3.5 | 2.00 | yes",
		"| ≥ 999,000 | 1000000 | yes |",
		"with rows and 1,000 × 200 at 100 ms, of the base | ≤ 5.5 | - | not measured",
		"| ≤ 2 | 3.00 (3.00-3.00) | **no** |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// A plot that no browser reads shows nothing.
func TestPlotsAreXML(t *testing.T) {
	all := plots(sample())
	if len(all) != len(plotNames) {
		t.Errorf("%d plots, want %d", len(all), len(plotNames))
	}
	for name, svg := range all {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s has a number that is none", name)
		}
	}
}

// The words around the figures are somebody's work.
func TestOnlyWhatStandsBetweenTheMarksIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.md")
	if err := os.WriteFile(file, []byte("before "+begin+"old"+end+" after"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := insert(file, "new"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(text); got != "before "+begin+"\n\nnew\n"+end+" after" {
		t.Errorf("%q", got)
	}
}

// Breaks for users: a goal about one connection that is missed would be shown as reached.
func TestTheConnectionsTablesSayWhatWasMissed(t *testing.T) {
	all := &connection{Tunnels: map[string]*stall.Tunnel{"one": {Clients: 1, Whole: 1, OldKB: 300, LateMs: 12}}, Storm: &stall.Storm{Clients: 5, Back: 5, Caught: 4, Share: 2.5}}
	p := &pair.Pairs{Name: "at-once", What: "CPU time", Setting: "a load", Target: 0.85}
	p.Add(pair.Side{Seconds: 1, Cores: 1, Delivered: 10, Messages: 1}, pair.Side{Seconds: 1, Cores: 1, Delivered: 10, Messages: 1}, (*pair.Side).Micros)
	all.take(p)
	all.take(p) // again is instead
	text := all.tables("x")
	for _, want := range []string{"| CPU time | a load | 0.85 | 1.000 (1.000-1.000) | **no** | - |", "| ≤ 256 | 300.0: **no** | not measured |",
		"| ≤ 250 | 12: yes |", "1 of 1: yes", "5 and 4: **no**", "2.50: yes", "(x/cpu.svg)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Count(text, "a load |") != 1 || len(all.plots()) != 1 {
		t.Error("a setting stands there twice, or a plot of nothing was made")
	}
}
