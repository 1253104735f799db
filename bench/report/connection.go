package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"outcry/bench/pair"
	"outcry/bench/stall"
)

// connection is what is measured about one connection: beside centrifuge, and in trouble.
type connection struct {
	Pairs   []*pair.Pairs            `json:"pairs"`
	Tunnels map[string]*stall.Tunnel `json:"tunnels"`
	Storm   *stall.Storm             `json:"storm"`
}

// tunnels by name, with their arguments.
var tunnels = []struct {
	name, title string
	args        []string
}{
	{"one", "1 client", nil},
	{"bounded", "1 client whose kernel takes 64 KB", []string{"--kernel", "65536"}},
	{"proxy", "the same through haproxy", []string{"--kernel", "65536", "--haproxy", "haproxy"}},
	{"many", "500 clients", []string{"--clients", "500", "--per-second", "1", "--still", "50s"}},
}

// runConnection measures what only names (fanout, idle, one, bounded, proxy, many, storm; empty is all) and writes the report.
func runConnection(binary, out, only string, render bool) error {
	folder := strings.TrimSuffix(out, ".md")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder of the plots: %w", err)
	}
	file := filepath.Join(folder, "results.json")
	all := &connection{Tunnels: map[string]*stall.Tunnel{}}
	if text, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(text, all); err != nil {
			return fmt.Errorf("reading earlier results: %w", err)
		}
	} else if !os.IsNotExist(err) {
		return fmt.Errorf("reading earlier results: %w", err)
	}
	if !render {
		if err := all.measure(binary, func(name string) bool { return only == "" || strings.Contains(","+only+",", ","+name+",") }); err != nil {
			return err
		}
		text, err := json.MarshalIndent(all, "", " ")
		if err == nil {
			err = os.WriteFile(file, append(text, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	for name, svg := range all.plots() {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(svg), 0o644); err != nil {
			return fmt.Errorf("writing a plot: %w", err)
		}
	}
	return insert(out, all.tables(filepath.Base(folder)))
}

func (all *connection) measure(binary string, wanted func(string) bool) error {
	for _, name := range []string{"fanout", "idle"} {
		if !wanted(name) {
			continue
		}
		var pairs []*pair.Pairs
		if err := measure(binary, []string{"bench", name, "--json"}, &pairs); err != nil {
			return err
		}
		for _, p := range pairs {
			all.take(p)
		}
	}
	for _, t := range tunnels {
		if !wanted(t.name) {
			continue
		}
		r := &stall.Tunnel{}
		if err := measure(binary, append([]string{"bench", "tunnel", "--json"}, t.args...), r); err != nil {
			return err
		}
		all.Tunnels[t.name] = r
	}
	if wanted("storm") {
		all.Storm = &stall.Storm{}
		return measure(binary, []string{"bench", "storm", "--json"}, all.Storm)
	}
	return nil
}

// take replaces what was measured of the same setting.
func (all *connection) take(p *pair.Pairs) {
	i := slices.IndexFunc(all.Pairs, func(o *pair.Pairs) bool { return o.Name == p.Name })
	if i < 0 {
		all.Pairs = append(all.Pairs, p)
		return
	}
	all.Pairs[i] = p
}
