package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"outcry/bench/path"
)

// scenario is one setting, measured a few times.
type scenario struct {
	name, title string
	runs        int
	seconds     int // 0: `bench start`
	args        []string
}

// The order is that of the report.
var scenarios = []scenario{
	{"bare", "closed loop, no rows, no clients", 5, 20, []string{"--rate", "0", "--rows", "off", "--sessions", "0"}},
	{"all", "closed loop, rows, 1,000 × 200 at 100 ms", 5, 20, []string{"--rate", "0", "--sessions", "1000", "--watch", "zipf", "--interval", "100ms"}},
	{"million", "1,000,000/s, rows, 10 × 200 at once", 3, 60, []string{"--rate", "1000000"}},
	{"50k", "50,000/s, rows, 10 × 200 at once", 3, 20, []string{"--rate", "50000"}},
	// Long enough for a checkpoint of every shard.
	{"200k", "200,000/s, rows, 10 × 200 at once", 5, 40, []string{"--rate", "200000"}},
	{"400k", "400,000/s, rows, 10 × 200 at once", 3, 20, []string{"--rate", "400000"}},
	{"memory", "20,000/s for 10 minutes, after 3", 1, 600, []string{"--rate", "20000", "--warm-up", "3m"}},
	{"full", "the same with every instrument's bars full", 1, 600, []string{"--rate", "20000", "--warm-up", "3m", "--history"}},
	{"start", "start", 1, 0, nil},
}

// effort is how much time the measuring may take.
type effort struct {
	runs  int // of each scenario at most; 0: its own number
	short bool
}

// of a scenario.
func (e effort) of(s *scenario) (runs, seconds int) {
	switch {
	case e.short:
		return 1, max(2, s.seconds/20)
	case e.runs > 0:
		return min(e.runs, s.runs), s.seconds
	}
	return s.runs, s.seconds
}

func (s *scenario) run(binary string, e effort, all *results) error {
	runs, seconds := e.of(s)
	if s.seconds == 0 {
		return s.start(binary, e.short, all)
	}
	all.Runs[s.name] = nil
	for i := range runs {
		args := append([]string{"bench", "path", "--json", "--duration", fmt.Sprintf("%ds", seconds), "--seed", fmt.Sprint(i + 1)}, s.args...)
		if e.short {
			args = append(args, "--warm-up", "2s")
		}
		r := &path.Result{}
		if err := measure(binary, args, r); err != nil {
			return err
		}
		r.Samples = thin(r.Samples)
		all.Runs[s.name] = append(all.Runs[s.name], r)
		fmt.Fprint(os.Stderr, r.Text(), "\n")
	}
	return nil
}

func (s *scenario) start(binary string, short bool, all *results) error {
	args := []string{"bench", "start", "--json"}
	if short {
		args = append(args, "--events", "300000,600000", "--runs", "1")
	}
	all.Starts = &path.Start{}
	if err := measure(binary, args, all.Starts); err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, all.Starts.Text(), "\n")
	return nil
}

func measure(binary string, args []string, into any) error {
	fmt.Fprintln(os.Stderr, "outcry", strings.Join(args, " "))
	cmd := exec.Command(binary, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, into)
	}
	if err != nil {
		return fmt.Errorf("outcry %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// samplesMost keeps results.json small.
const samplesMost = 240

func thin(samples []path.Sample) []path.Sample {
	step := (len(samples) + samplesMost - 1) / samplesMost
	if step < 2 {
		return samples
	}
	var few []path.Sample
	for i := 0; i < len(samples); i += step {
		few = append(few, samples[i])
	}
	return few
}
