package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// parquet has parquet.py write each table's columns in every way it knows, and keeps the smallest.
func parquet(python, script, dir string, all []*table) error {
	var written []*table
	for _, t := range all {
		if t.Columns != nil {
			written = append(written, t)
		}
	}
	request, err := json.Marshal(written)
	if err != nil {
		return err
	}
	cmd := exec.Command(python, script, dir)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("running %s: %w", script, err)
	}
	sizes := map[string]int{}
	if err := json.Unmarshal(answer, &sizes); err != nil {
		return fmt.Errorf("reading what %s says: %w", script, err)
	}
	for _, t := range written {
		if t.parquet = sizes[t.Name]; t.parquet == 0 {
			return fmt.Errorf("%s gave no size of %s", script, t.Name)
		}
	}
	return nil
}

// show sums up the captures of a group, and compares both kinds together with their two files.
func show(w io.Writer, all []*table) {
	fmt.Fprintln(w, "| source seq | exponents | | ticks | B a tick | Parquet | of Parquet |\n|---|---|---|---|---|---|---|")
	for _, way := range ways {
		for _, own := range []bool{false, true} {
			files := 0
			for _, kind := range kinds {
				sum := total(all, func(t *table) bool { return t.group == group{way, own, kind.name} })
				if files += sum.parquet; kind.name == "both" {
					sum.parquet = files
				}
				sum.row(w, map[string]string{"imported": "lines", "followed": "the exchange's ids"}[way], map[bool]string{false: "−8", true: "its own"}[own], kind.name)
			}
		}
	}
	fmt.Fprintln(w, "\n| capture, followed, −8 | | ticks | B a tick | Parquet | of Parquet |\n|---|---|---|---|---|---|")
	for _, t := range all {
		if t.group.way == "followed" && !t.group.own && t.Columns != nil {
			t.row(w, t.capture, t.group.kind)
		}
	}
}

func total(all []*table, of func(*table) bool) (sum table) {
	for _, t := range all {
		if of(t) {
			sum.ticks, sum.packed, sum.parquet = sum.ticks+t.ticks, sum.packed+t.packed, sum.parquet+t.parquet
		}
	}
	return sum
}

func (t *table) row(w io.Writer, names ...string) {
	for _, n := range names {
		fmt.Fprintf(w, "| %s ", n)
	}
	n := float64(t.ticks)
	fmt.Fprintf(w, "| %d | %.2f | %.2f | %.3f |\n", t.ticks, float64(t.packed)/n, float64(t.parquet)/n, float64(t.packed)/float64(t.parquet))
}
