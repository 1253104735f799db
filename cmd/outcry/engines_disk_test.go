package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"outcry/internal/engines"
)

// Breaks for users: the store's disk runs full over night, and prices stop, or
// rows are missing for ever after somebody has made room.
func TestAFullDiskOfTheStoreStopsNothingAndItsRowsComeLater(t *testing.T) {
	engines.Need(t)
	needScylla(t)
	small := t.TempDir()
	if err := mountSmall(small, 512<<20); err != nil {
		t.Skipf("needs to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { unmount(t, small) })
	node := engines.Start(t, engines.Options{Engine: engines.CassandraEngine, Dir: filepath.Join(small, "node")})
	s := newServerOn(t, engineSet{"small", func(t *testing.T) string { return realEngines.settingsOn(t, 1, node) }})
	p := playTape(t, s.client(), "DISK")
	w := watchPushes(t, s.url, p)
	lasts(3 * time.Second)
	w.take()
	lasts(3 * time.Second)
	before := w.take()
	ballast := filepath.Join(small, "ballast")
	fillUp(t, ballast, 0)
	lasts(10 * time.Second)
	during := w.take()
	t.Logf("p99 of pushes %.1f ms before, %.1f with a full disk; %d pushes, %d", before.P99, during.P99, before.N, during.N)
	if during.N < before.N {
		t.Errorf("with a full disk %d pushes came in 10 s, %d in 3 s before", during.N, before.N)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	node.Kill(0) // a node that could not write does not come back by itself
	node.Start(0)
	p.caughtUp(time.Minute)
	w.stop()
	p.stop()
	p.check("server", byServer{s})
	s.run("replay", "--data", s.data, "--verify")
	rowsOf(t, s, p)
}
