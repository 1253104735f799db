package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bookmarked waits until an import remembers that it came to a line of at least this number.
func (s *server) bookmarked(line uint64) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for tick := time.Tick(2 * time.Millisecond); ; {
		files, err := filepath.Glob(filepath.Join(s.home, "outcry", "imports", "*.json"))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, f := range files {
			var at uint64
			if text, err := os.ReadFile(f); err == nil && json.Unmarshal(text, &at) == nil && at >= line {
				return
			}
		}
		select {
		case <-tick:
		case <-ctx.Done():
			s.t.Fatal("the import remembers nothing")
		}
	}
}

var goingOn = regexp.MustCompile(`going on after line (\d+)`)

// An import of hours that was killed must not begin again, and must leave nothing out.
func TestAKilledImportGoesOnAfterItsLastAnsweredBatch(t *testing.T) {
	s := newServer(t)
	const lines, batch = 20_000, 200
	var b strings.Builder
	b.WriteString("time,instrument,price,size\n")
	for i := range lines {
		fmt.Fprintf(&b, "%s,LONG,%d,2\n", second, i+1)
	}
	path := s.file("long.csv", b.String())
	args := []string{"import", "--format", "csv", "--define", "auto", "--batch", strconv.Itoa(batch), path}
	slow := s.command(append(args, "--rate", "10000")...)
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	s.bookmarked(3000)
	if err := slow.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = slow.Wait() // it was killed, and says so
	printed := s.run(args...)
	m := goingOn.FindStringSubmatch(printed)
	if m == nil {
		t.Fatalf("it begins again:\n%s", printed)
	}
	after, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	var accepted, duplicates, late int
	if _, err := fmt.Sscanf(printed[strings.Index(printed, "lines:"):], "lines: %d accepted, %d duplicates, %d late", &accepted, &duplicates, &late); err != nil {
		t.Fatalf("%v in:\n%s", err, printed)
	}
	// The header is line 1. What follows the bookmark is sent: at most one batch of it was in already.
	if sent := accepted + duplicates + late; sent != lines+1-after || duplicates+late > batch+1 || after < 3000 {
		t.Errorf("after line %d: %d accepted, %d duplicates, %d late", after, accepted, duplicates, late)
	}
	bars := s.run("query", "bars", "LONG", "--format", "csv")
	says(t, bars, fmt.Sprintf(",%d.00000000,%d,", 2*lines, lines)) // volume and trades
	says(t, s.run(args...), ": 0 accepted, ")
	if strings.Contains(s.run(append(args, "--time-unit", "s")...), "going on") {
		t.Error("the bookmark of a finished import is still there")
	}
}

// Whoever waits for a large file wants to see how long; a log wants lines, not a bar.
func TestProgressIsABarOnATerminalAndLinesElsewhere(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		says     []string
	}{
		{true, []string{"\r\x1b[K", "a.csv [███████", "·] ", " 50 %", "line 5000, 500 lines/s", "10s to go"}},
		{false, []string{"a.csv: 50 %, line 5000, 500 lines/s, 10s to go\n"}},
	} {
		var out bytes.Buffer
		ten := time.Now().Add(-10 * time.Second)
		p := &progress{out: &out, terminal: c.terminal, name: "a.csv", size: 1000, read: &countingReader{n: 500}, begun: ten, shown: ten}
		p.at(5000)
		says(t, out.String(), c.says...)
		if n := out.Len(); n == 0 || c.terminal == strings.Contains(out.String(), "\n") {
			t.Errorf("terminal %v: %q", c.terminal, out.String())
		}
		p.at(6000)
		if strings.Contains(out.String(), "6000") {
			t.Error("it is drawn again at once")
		}
		p.done("6000 lines")
		says(t, out.String(), "a.csv: 6000 lines in 10")
	}
}

// Who stops an import wants to know whether all was for nothing.
func TestAnInterruptedImportSaysThatItGoesOn(t *testing.T) {
	s := newServer(t)
	path := s.file("stopped.csv", "time,instrument,price,size\n"+strings.Repeat(second+",STOPPED,1,2\n", 20_000))
	slow := s.command("import", "--format", "csv", "--define", "auto", "--batch", "100", "--rate", "10000", path)
	var out bytes.Buffer
	slow.Stdout, slow.Stderr = &out, &out
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	s.bookmarked(500)
	if err := slow.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := slow.Wait(); slow.ProcessState.ExitCode() != 1 {
		t.Errorf("it ends with %v", err)
	}
	says(t, out.String(), "interrupted: the same command goes on after the last answered batch")
}
