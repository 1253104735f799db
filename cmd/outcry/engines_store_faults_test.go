package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"outcry/internal/engines"
)

var storeFaults = []fault{
	{"a node of three is killed", func(h *house) { h.cassandra.Kill(1) }, func(h *house) { h.cassandra.Start(1) }, 5 * time.Second, 20 * time.Second},
	{"all nodes are paused", func(h *house) { pauseAll(h, (*engines.Cluster).Pause) }, func(h *house) { pauseAll(h, (*engines.Cluster).Resume) }, 10 * time.Second, time.Minute},
	{"all nodes are down", func(h *house) { h.cassandra.KillAll() }, func(h *house) { h.cassandra.StartAll() }, 5 * time.Second, time.Minute},
	{"the disk of the nodes is full", fillDisk, makeRoom, 10 * time.Second, 20 * time.Second},
}

// storeDisk holds the data of all nodes.
const storeDisk = 3 << 30

// Breaks for users: a machine of the store fails or its disk runs full over
// night, and prices come late, or rows are missing for ever.
func TestFaultsOfTheStoreLoseNothingAndDoubleNothing(t *testing.T) {
	engines.Need(t)
	disk := t.TempDir()
	if err := mountSmall(disk, storeDisk); err != nil {
		t.Skipf("needs to mount a tmpfs as the disk of the nodes: %v", err)
	}
	t.Cleanup(func() { unmount(t, disk) })
	sufferAll(t, "store", storeFaults, func(t *testing.T) *house {
		h := &house{t: t, whole: t, disk: disk}
		nodes := filepath.Join(disk, "nodes")
		h.cassandra = engines.Start(t, engines.Options{Engine: engines.CassandraEngine, Members: 3, Dir: nodes})
		h.leave = func() {
			h.cassandra.Close()
			if err := os.RemoveAll(nodes); err != nil {
				t.Error(err)
			}
		}
		h.server = newServerOn(t, engineSet{"three nodes", func(t *testing.T) string { return realEngines.settingsOn(t, 1, h.cassandra) }})
		return h
	})
}

func pauseAll(h *house, do func(*engines.Cluster, int)) {
	for n := range h.cassandra.Addresses() {
		do(h.cassandra, n)
	}
}

func (h *house) ballast() string { return filepath.Join(h.disk, "ballast") }

func fillDisk(h *house) { fillUp(h.t, h.ballast(), 0) }

// makeRoom starts the nodes anew: one that could not write does not come back by itself.
func makeRoom(h *house) {
	h.t.Helper()
	if err := os.Remove(h.ballast()); err != nil {
		h.t.Fatal(err)
	}
	h.cassandra.KillAll()
	h.cassandra.StartAll()
}
