// Command report runs `outcry bench` in the settings that the targets are
// about, and writes what came of it: results.json, tables in a Markdown file
// between two marks, and plots as SVG. `make bench` calls it.
//
//	go run ./bench/report -binary bin/outcry -out docs/benchmarks/2026-11-floor.md
//	go run ./bench/report -out docs/benchmarks/2026-11-floor.md -render   # again, from results.json
//	go run ./bench/report -connection -out docs/benchmarks/2026-11-one-connection.md
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"outcry/bench/path"
)

// results of all scenarios, by name.
type results struct {
	Runs   map[string][]*path.Result `json:"runs"`
	Starts *path.Start               `json:"starts"`
}

func main() {
	binary := flag.String("binary", "bin/outcry", "the program to measure")
	out := flag.String("out", "", "Markdown file; results.json and plots go into a folder of its name beside it")
	only := flag.String("only", "", "scenarios to run again, separated by commas; the others stay as they were")
	render := flag.Bool("render", false, "run nothing, write tables and plots again")
	runs := flag.Int("runs", 0, "runs of each scenario at most; 0: as many as its figures are worth")
	short := flag.Bool("short", false, "a tenth of the time, one run each: to see that all works")
	connection := flag.Bool("connection", false, "measure what one connection costs and bears, rather than the floor; -only names fanout, idle, one, bounded, proxy, many, storm")
	flag.Parse()
	if *connection {
		if err := runConnection(*binary, *out, *only, *render); err != nil {
			fmt.Fprintln(os.Stderr, "report:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*binary, *out, *only, *render, effort{*runs, *short}); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(binary, out, only string, render bool, e effort) error {
	folder := strings.TrimSuffix(out, ".md")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder of the plots: %w", err)
	}
	file := filepath.Join(folder, "results.json")
	all, err := read(file)
	if err != nil {
		return err
	}
	if !render {
		for _, s := range scenarios {
			if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
				continue
			}
			if err := s.run(binary, e, all); err != nil {
				return err
			}
			if err := write(file, all); err != nil { // after each: a later one may fail
				return err
			}
		}
	}
	for name, svg := range plots(all) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(svg), 0o644); err != nil {
			return fmt.Errorf("writing a plot: %w", err)
		}
	}
	return insert(out, tables(all, filepath.Base(folder)))
}

func read(file string) (*results, error) {
	all := &results{Runs: map[string][]*path.Result{}}
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(text, all)
	}
	if err != nil {
		return nil, fmt.Errorf("reading earlier results: %w", err)
	}
	return all, nil
}

func write(file string, all *results) error {
	text, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

// Marks in the Markdown file: what stands between them is written anew.
const (
	begin = "<!-- figures: written by bench/report -->"
	end   = "<!-- end of figures -->"
)

func insert(file, figures string) error {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		text, err = []byte(begin+"\n"+end+"\n"), nil
	}
	if err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has not both marks %q and %q", file, begin, end)
	}
	if err := os.WriteFile(file, []byte(before+begin+"\n\n"+figures+"\n"+end+after), 0o644); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
