package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A replay at once is an import: its bars are those of the recording, at its times.
func TestAReplayAtOnceGivesTheIndependentBars(t *testing.T) {
	file := shared(t, "binance", "spot_ethusdt_20240808.jsonl.gz")
	s := newScreened(t, "demo", "--replay", file, "--speed", "0")
	if over := s.says("playing: over"); !strings.Contains(over, " 0 late, 0 refused") {
		t.Errorf("over%s", over)
	}
	s.oracle("BINANCE:ETHUSDT", "spot.ETHUSDT")
}

// A replay that drops trades, or shows them at times of long ago, is not the market that was.
func TestAPacedReplayPlaysEveryTradeInThePresent(t *testing.T) {
	file := shared(t, "binance", "spot_ethusdt_20240808.jsonl.gz")
	begun := time.Now()
	s := newScreened(t, "demo", "--replay", file, "--speed", "100")
	if over := s.says("playing: over"); !strings.Contains(over, " 0 known before, 0 late, 0 refused") {
		t.Errorf("over%s", over)
	}
	rows, err := csv.NewReader(strings.NewReader(s.run("query", "bars", "BINANCE:ETHUSDT", "--resolution", "1s", "--limit", "0", "--format", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	trades := 0
	for i := range rows[1:] {
		r := byName(rows, i+1)
		n, err := strconv.Atoi(r["trades"])
		if err != nil {
			t.Fatal(err)
		}
		trades += n
		at, err := strconv.ParseInt(r["time"], 10, 64)
		if err != nil || at < begun.Unix() || at > time.Now().Unix() {
			t.Errorf("a bar of %s (%v), the replay ran from %d on", r["time"], err, begun.Unix())
		}
	}
	if trades != 6106 {
		t.Errorf("%d trades are in the bars, the capture has 6106", trades)
	}
}

func TestReplayedFilesAreRefusedBeforeTheServerStarts(t *testing.T) {
	folder := t.TempDir()
	odd := filepath.Join(folder, "ticks.bin")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--replay", filepath.Join(folder, "none.csv")}, "none.csv"},
		{[]string{"--replay", odd}, "--format"},
		{[]string{"--replay", odd, "--format", "irc"}, "outcry import"},
		{[]string{"--replay", odd, "--speed", "-1"}, "--speed"},
		{[]string{"trades.csv"}, "--replay"},
	} {
		s := server{t: t, home: folder}
		out, err := s.command(append([]string{"demo", "--data", folder, "--http", "127.0.0.1:0"}, c.args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "Outcry is open") {
			t.Errorf("demo %v: %v, %s; want a word of %s", c.args, err, out, c.want)
		}
	}
}

// playedFiles opens recordings of a test's own.
func playedFiles(t *testing.T, speed float64, files map[string]string) *player {
	t.Helper()
	list := &playlist{speed: speed}
	list.options.TimeUnit = "ms"
	folder := t.TempDir()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		list.files = append(list.files, path)
	}
	p, err := list.open(&bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	for _, r := range p.recordings {
		if err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// Two venues that were recorded side by side must be seen side by side, at the
// pace that was asked for, without hours of waiting where nothing was recorded.
func TestRecordingsArePlayedTogetherAtTheirPace(t *testing.T) {
	p := playedFiles(t, 10, map[string]string{
		"a.csv": "time,instrument,price,size\n1700000000000,A,1,1\n1700000020000,A,2,1\n1700007220000,A,3,1\n",
		"b.csv": "time,instrument,price,size\n1700000010000,B,1,1\n",
	})
	start := time.Unix(2_000_000_000, 0)
	now := start
	var got []string
	for r := p.earliest(); r != nil; r = p.earliest() {
		due := p.due(r.at, now)
		if r.at != 0 && r.event.GetTrade() != nil {
			got = append(got, r.event.Id+" "+due.Sub(start).String())
		}
		now = due
		if err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	if want := "A 0s, B 1s, A 2s, A 2s"; strings.Join(got, ", ") != want {
		t.Errorf("played %s, want %s", strings.Join(got, ", "), want)
	}
}

// A machine that cannot keep up must show prices of now, later, instead of prices of the past.
func TestAReplayThatFallsBehindGoesOnFromNow(t *testing.T) {
	p := playedFiles(t, 1, nil)
	start := time.Unix(2_000_000_000, 0)
	second := int64(1e9)
	p.due(100*second, start)
	late := start.Add(10 * time.Second)
	if due := p.due(101*second, late); !due.Equal(late) {
		t.Errorf("due %v after the start, it is %v", due.Sub(start), late.Sub(start))
	}
	if due := p.due(103*second, late); due.Sub(late) != 2*time.Second {
		t.Errorf("due %v later, recorded 2 s later", due.Sub(late))
	}
}
