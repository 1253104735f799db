package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/path"
)

// startBench is `outcry bench start`.
type startBench struct {
	events      []int
	tail        int
	instruments int
	runs        int
	data        string
	asJSON      bool
}

func newBenchStart() *cobra.Command {
	b := &startBench{}
	cmd := &cobra.Command{
		Use: "start", Short: "Measure how long a server takes to open", Args: needArgs(0, 0, ""),
		Long: `Write logs of several lengths, each stopped so many events after a checkpoint as a
killed server leaves it, and measure from the start of a new server's process to its
word that it is open.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, n := range b.events {
				if b.runs < 1 || b.tail < 1 || n <= b.tail {
					return misuse(cmd, "there must be runs, a tail, and more events than in the tail")
				}
			}
			s := &path.Start{When: time.Now().UTC().Truncate(time.Second), Version: version, Command: strings.Join(os.Args[1:], " "), Machine: thisMachine(), Tail: b.tail}
			for _, n := range b.events {
				m, err := b.measure(cmd.Context(), n)
				if err != nil {
					return err
				}
				s.Measured = append(s.Measured, m)
			}
			s.Machine.LoadAfter = loadAverage()
			return b.print(cmd.OutOrStdout(), s)
		},
	}
	f := cmd.Flags()
	f.IntSliceVar(&b.events, "events", []int{1_000_000, 30_000_000}, "events in the log, one measurement each")
	f.IntVar(&b.tail, "tail", 100_000, "how many of them come after the newest checkpoint")
	f.IntVar(&b.instruments, "instruments", 10_000, "instruments")
	f.IntVar(&b.runs, "runs", 5, "starts of each")
	f.StringVar(&b.data, "data", "", "folder to measure in; default: a temporary one, removed at the end")
	f.BoolVar(&b.asJSON, "json", false, "print JSON")
	return cmd
}

func (b *startBench) print(out io.Writer, s *path.Start) error {
	if !b.asJSON {
		_, err := io.WriteString(out, s.Text())
		return err
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s\n", text)
	return err
}

// measure writes a log of n events and starts servers on it.
func (b *startBench) measure(ctx context.Context, n int) (m path.StartTime, err error) {
	m.Events = n
	data, remove, err := benchData(b.data)
	if err != nil {
		return m, err
	}
	defer remove()
	folder := filepath.Join(data, fmt.Sprint(n))
	if err := b.write(ctx, folder, n); err != nil {
		return m, fmt.Errorf("writing %d events: %w", n, err)
	}
	if m.LogBytes, err = sizeOf(logPath(folder)); err != nil {
		return m, err
	}
	kept, err := keepRows(folder)
	if err != nil {
		return m, err
	}
	m.RowBytes = kept.bytes
	for range b.runs {
		took, err := startOnce(ctx, folder)
		if err == nil {
			err = kept.restore()
		}
		if err != nil {
			return m, err
		}
		m.Add(took)
	}
	return m, nil
}

// startOnce starts a server, waits until it is open, and kills it.
func startOnce(ctx context.Context, folder string) (took time.Duration, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", "--data", folder, "--http", "127.0.0.1:0", "--admin", "", "--log-level", "warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting a server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	took = time.Since(began)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed, and says so
	if err != nil || !strings.HasPrefix(line, "Outcry is open") {
		return 0, fmt.Errorf("the server said %q: %w", line, err)
	}
	return took, nil
}
