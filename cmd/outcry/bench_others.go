package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"outcry/bench/path"
)

// others are processes beside the server whose CPU time is reported: the
// brokers and nodes that it makes work.
type others []other

type other struct {
	name string
	pid  int
	used time.Duration // when the window began
}

// parseOthers takes NAME=FILE, a file that holds the process' id.
func parseOthers(values []string) (all others, err error) {
	for _, v := range values {
		name, file, _ := strings.Cut(v, "=")
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--others %q: NAME=FILE is wanted, a file that holds a process' id (%w)", v, err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("--others %q: %s holds no process' id", v, file)
		}
		all = append(all, other{name: name, pid: pid})
	}
	return all, nil
}

func (o others) begin() error {
	for i := range o {
		used, err := path.ProcessCPU(o[i].pid)
		if err != nil {
			return err
		}
		o[i].used = used
	}
	return nil
}

func (o others) cores(took time.Duration) (all []path.Other, err error) {
	for i := range o {
		used, err := path.ProcessCPU(o[i].pid)
		if err != nil {
			return nil, err
		}
		all = append(all, path.Other{Name: o[i].name, Cores: (used - o[i].used).Seconds() / took.Seconds()})
	}
	return all, nil
}
