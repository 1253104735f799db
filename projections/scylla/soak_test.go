package scylla

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"outcry/internal/engines"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

const flushEvery = 30 // s

// A store that rewrites old blocks with new ones fills its disks' time, and one
// that deletes them row by row drowns in tombstones. Ten minutes of load with
// windows of one minute and a life of three.
func TestWindowsOnDiskAreWindowsOfTime(t *testing.T) {
	engines.Need(t)
	if os.Getenv("OUTCRY_SOAK") != "1" {
		t.Skip("takes twelve minutes: set OUTCRY_SOAK=1")
	}
	c := settings(t)
	c.BlockWindow, c.BlockTTL = time.Minute, 3*time.Minute
	s := newStore(t, c)
	end, seq, ticks := time.Now().Add(10*time.Minute), uint64(1), 0
	seen := map[string]bool{}
	for tick := time.NewTicker(time.Second); time.Now().Before(end); <-tick.C {
		rows := &projections.Rows{}
		for i := range 50 {
			rows.Blocks = append(rows.Blocks, &outcryv1.TickBlock{Instrument: fmt.Sprintf("I%d", i), FirstSeq: seq, LastSeq: seq + 9,
				Day: int32(time.Now().Unix() / 86400), Ticks: 10, ClockUs: time.Now().UnixMicro(), Data: make([]byte, 1000)})
		}
		if err := s.Write(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		seq += 10
		if ticks++; ticks%flushEvery == 0 { // twice a minute, as memory fills under load
			cluster.Tool("nodetool", "1", "flush", c.Keyspace, "tick_blocks")
			for _, table := range sstables(t, c.Keyspace) {
				seen[table] = true
			}
		}
	}
	live := sstables(t, c.Keyspace)
	now := time.Now()
	windows := map[time.Time]int{}
	for _, table := range live {
		first, last, there := span(t, table)
		if !there {
			continue // it was compacted meanwhile
		}
		windows[last.Truncate(time.Minute)]++
		// What memory held when it was flushed, half a minute's rows, may have begun in the window before.
		if last.Sub(first) > time.Minute+flushEvery*time.Second {
			t.Errorf("%s holds %v to %v: more than one window", table, first, last)
		}
		if now.Sub(last) > c.BlockTTL+4*time.Minute {
			t.Errorf("%s ended %v ago and is still there", table, now.Sub(last))
		}
	}
	for window, tables := range windows {
		if now.Sub(window) > 3*time.Minute && tables > 1 { // the newest may wait for their compaction
			t.Errorf("the window of %v has %d tables", window.Format(time.TimeOnly), tables)
		}
	}
	if len(live) == 0 || len(seen) < 10 || len(live) >= len(seen) {
		t.Errorf("of %d tables %d are left", len(seen), len(live))
	}
	t.Logf("%d tables seen, %d left: windows %v", len(seen), len(live), windows)
}

// sstables of tick_blocks that are on disk.
func sstables(t *testing.T, keyspace string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(cluster.Dir(), "1", "data", "data", keyspace, "tick_blocks-*", "*-Data.db"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var stamp = regexp.MustCompile(`(?m)^(Minimum|Maximum) timestamp:.*\((\d+)\)`)

// span is the write times that a table's metadata tells, while it is there.
func span(t *testing.T, table string) (first, last time.Time, there bool) {
	t.Helper()
	text := cluster.Tool("run", "org.apache.cassandra.tools.SSTableMetadataViewer", table)
	if _, err := os.Stat(table); os.IsNotExist(err) {
		return first, last, false
	}
	for _, found := range stamp.FindAllStringSubmatch(text, -1) {
		us, err := strconv.ParseInt(found[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if found[1] == "Minimum" {
			first = time.UnixMicro(us)
		} else {
			last = time.UnixMicro(us)
		}
	}
	if first.IsZero() || last.IsZero() {
		t.Fatalf("no times in the metadata of %s:\n%s", table, text)
	}
	return first, last, true
}
