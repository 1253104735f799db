package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"outcry/bench/pair"
)

// rivalFlags are of the benchmarks beside centrifuge.
type rivalFlags struct {
	program string
	runs    int
	asJSON  bool
}

func (r *rivalFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.program, "rival", "", "program of the server to compare with, built in bench/rival; default: rival beside this one")
	f.IntVar(&r.runs, "runs", 5, "runs of each side, one after the other")
	f.BoolVar(&r.asJSON, "json", false, "print JSON")
}

// find says where the rival is, or how to make it.
func (r *rivalFlags) find() error {
	if r.program == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		r.program = filepath.Join(filepath.Dir(self), "rival")
	}
	if _, err := os.Stat(r.program); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s: build it with \"make rival\", or name it with --rival", r.program)
	}
	return nil
}

// both runs Outcry and then the rival, so often, and adds the pairs.
func (r *rivalFlags) both(p *pair.Pairs, of func(*pair.Side) float64, ours func() (pair.Side, error), theirs []string) error {
	for range r.runs {
		a, err := ours()
		if err != nil {
			return err
		}
		var b pair.Side
		if err := measured(&b, r.program, theirs...); err != nil {
			return err
		}
		p.Add(a, b, of)
	}
	return nil
}

// measured runs a program that prints JSON.
func measured(into any, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, into)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(program), strings.Join(args, " "), err)
	}
	return nil
}

// itself runs this program.
func itself(into any, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return measured(into, self, args...)
}

// printPairs as text or JSON.
func (r *rivalFlags) print(cmd *cobra.Command, all []*pair.Pairs) error {
	out := cmd.OutOrStdout()
	if r.asJSON {
		return json.NewEncoder(out).Encode(all)
	}
	for _, p := range all {
		if _, err := fmt.Fprintln(out, p.Text()); err != nil {
			return err
		}
	}
	return nil
}
