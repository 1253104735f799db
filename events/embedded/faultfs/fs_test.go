package faultfs_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"

	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

func create(t *testing.T, fs *faultfs.FS, name string) embedded.File {
	t.Helper()
	f, err := fs.OpenFile(name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f embedded.File, data []byte, at int64) {
	t.Helper()
	if _, err := f.WriteAt(data, at); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, fs *faultfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.OpenFile(name, os.O_RDONLY)
	must(t, err)
	n, err := f.Size()
	must(t, err)
	b := make([]byte, n)
	if n > 0 {
		_, err = f.ReadAt(b, 0)
		must(t, err)
	}
	return b
}

// Breaks for users: a disk that never loses anything would prove nothing.
func TestAPowerCutLosesTearsAndReordersWhatWasNotSynced(t *testing.T) {
	const sectors = 4
	old, fresh := bytes.Repeat([]byte{'o'}, sectors*faultfs.Sector), bytes.Repeat([]byte{'n'}, sectors*faultfs.Sector)
	seen := map[string]bool{}
	for seed := range uint64(300) {
		fs := faultfs.New()
		f := create(t, fs, "/d/f")
		write(t, f, old, 0)
		must(t, f.Sync())
		must(t, fs.SyncDir("/d"))
		write(t, f, fresh, 0)
		var pattern []byte
		for part := range slices.Chunk(read(t, fs.Reboot(rand.New(rand.NewPCG(seed, 0))), "/d/f"), faultfs.Sector) {
			if !bytes.Equal(part, fresh[:faultfs.Sector]) && !bytes.Equal(part, old[:faultfs.Sector]) {
				t.Fatalf("a sector is neither old nor new: %q", part)
			}
			pattern = append(pattern, part[0])
		}
		seen[string(pattern)] = true
	}
	if len(seen) != 1<<sectors {
		t.Errorf("%d of %d mixtures were seen", len(seen), 1<<sectors)
	}
}

// Breaks for users: the log's tests would fail where a disk would not.
func TestAPowerCutKeepsWhatWasSynced(t *testing.T) {
	for seed := range uint64(50) {
		fs := faultfs.New()
		f := create(t, fs, "/d/f.tmp")
		write(t, f, []byte("synced"), 0)
		must(t, f.Sync())
		must(t, fs.Rename("/d/f.tmp", "/d/f"))
		must(t, fs.SyncDir("/d"))
		must(t, fs.Remove("/d/f"))
		must(t, fs.SyncDir("/d"))
		g := create(t, fs, "/d/g")
		write(t, g, []byte("synced too"), 0)
		must(t, g.Sync())
		must(t, fs.SyncDir("/d"))
		after := fs.Reboot(rand.New(rand.NewPCG(seed, 0)))
		names, err := after.ReadDir("/d")
		must(t, err)
		if !slices.Equal(names, []string{"g"}) || string(read(t, after, "/d/g")) != "synced too" {
			t.Fatalf("seed %d: left are %v", seed, names)
		}
		if _, err := f.WriteAt(nil, 0); !errors.Is(err, faultfs.ErrPowerCut) {
			t.Fatalf("writing without power: %v", err)
		}
	}
}

// Breaks for users: names that were never made durable would always be there.
func TestNamesThatWereNotSyncedMayVanish(t *testing.T) {
	seen := map[int]bool{}
	for seed := range uint64(50) {
		fs := faultfs.New()
		must(t, create(t, fs, "/d/f").Sync())
		names, err := fs.Reboot(rand.New(rand.NewPCG(seed, 0))).ReadDir("/d")
		must(t, err)
		seen[len(names)] = true
	}
	if !seen[0] || !seen[1] {
		t.Errorf("numbers of names that were seen: %v, want 0 and 1", seen)
	}
}

// Breaks for users: a failed sync whose bytes arrive after all is none.
func TestAFailedSyncLosesItsBytesThoughProgramsSeeThem(t *testing.T) {
	fs := faultfs.New()
	f := create(t, fs, "/d/f")
	must(t, fs.SyncDir("/d"))
	write(t, f, []byte("lost"), 0)
	bad := errors.New("bad")
	fs.FailSync(bad)
	if err := f.Sync(); !errors.Is(err, bad) {
		t.Fatalf("got %v", err)
	}
	must(t, f.Sync())
	if got := read(t, fs, "/d/f"); string(got) != "lost" {
		t.Errorf("programs see %q", got)
	}
	if got := read(t, fs.Reboot(rand.New(rand.NewPCG(1, 0))), "/d/f"); bytes.Contains(got, []byte("lost")) {
		t.Errorf("the disk has %q", got)
	}
}

// Breaks for users: a full disk would take what does not fit.
func TestAFullDiskTakesAPart(t *testing.T) {
	fs := faultfs.New()
	fs.SetCapacity(10)
	f := create(t, fs, "/d/f")
	n, err := f.WriteAt(make([]byte, 15), 0)
	if n != 10 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%d bytes were written (%v), want 10 and ENOSPC", n, err)
	}
	must(t, f.Truncate(0))
	if used := fs.Used(); used != 0 {
		t.Errorf("%d bytes are used by nothing", used)
	}
}
