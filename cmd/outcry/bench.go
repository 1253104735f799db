package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"outcry/bench/path"
)

func newBench() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "Measure this machine",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "unknown command %q", args[0])
			}
			return cmd.Help()
		}}
	cmd.AddCommand(newBenchPath(), newBenchStart(), newBenchFanout(), newBenchIdle(), newBenchTunnel(), newBenchStorm(), newBenchClients(), newBenchTunnelClients(), newBenchStormClients())
	return cmd
}

// thisMachine as people know it; what the system does not say stays empty.
func thisMachine() path.Machine {
	m := path.Machine{Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), LoadBefore: loadAverage()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// loadAverage of the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}

// benchData gives the folder to measure in, and what removes it.
func benchData(dir string) (data string, remove func(), err error) {
	if dir != "" {
		return dir, func() {}, nil
	}
	data, err = os.MkdirTemp("", "outcry-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder: %w", err)
	}
	return data, func() { os.RemoveAll(data) }, nil
}
