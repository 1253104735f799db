package embedded_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

// Breaks for users: a disk that was full for a minute stops the market until
// somebody restarts it, or what did not fit is half there.
func TestAFullDiskRefusesAndThenGoesOn(t *testing.T) {
	for room := int64(0); room < 9000; room += 37 {
		fs := faultfs.New()
		log := mustOpen(t, dir, small(fs))
		want := map[events.Position]string{}
		r := seeded(uint64(room))
		put := func(n int) error {
			length := 200
			if seeded(uint64(room)<<20|uint64(n)).IntN(3) == 0 {
				length = 3000 // what is left of it may reach far
			}
			payload := fmt.Sprintf("%d %s", n, strings.Repeat("z", length))
			p, err := publish(log, events.Room, int32(n%2), payload)
			if err == nil {
				want[p] = payload
			}
			return err
		}
		fs.SetCapacity(fs.Used() + room)
		n := 0
		err := put(n)
		for ; err == nil; err = put(n) {
			n++
		}
		if !errors.Is(err, embedded.ErrDiskFull) || log.Err() != nil {
			t.Fatalf("room for %d bytes: got %v, the log says %v; want ErrDiskFull and nothing", room, err, log.Err())
		}
		if err := put(n); !errors.Is(err, embedded.ErrDiskFull) {
			t.Fatalf("room for %d bytes, second try: %v", room, err)
		}
		fs.SetCapacity(0)
		for range 12 {
			n++
			if err := put(n); err != nil {
				t.Fatalf("room for %d bytes, and then for all: %v", room, err)
			}
		}
		mustClose(t, log)
		got, err := read(fs.Clone())
		if err == nil {
			got, err = read(fs.Reboot(r))
		}
		if err != nil {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("room for %d bytes (-acknowledged +found):\n%s", room, diff)
		}
	}
}

// Breaks for users: the log would fill the disk to its last byte, and nothing
// else on the machine could go on.
func TestTheLastTwoPercentOfTheDiskAreKeptBack(t *testing.T) {
	fs := faultfs.New()
	fs.SetFree(0.5)
	var warned strings.Builder
	now := int64(1)
	c := small(fs)
	c.Logger = slog.New(slog.NewTextHandler(&warned, nil))
	c.Now = func() int64 { return now }
	log := mustOpen(t, dir, c)
	mustPublish(t, log, events.Room, 0, "plenty")
	for range 3 {
		now += 2e9
		fs.SetFree(0.19)
		mustPublish(t, log, events.Room, 0, "little")
	}
	if n := strings.Count(warned.String(), "getting full"); n != 1 {
		t.Errorf("%d warnings, want 1:\n%s", n, warned.String())
	}
	now += 2e9
	fs.SetFree(0.019)
	if _, err := publish(log, events.Room, 0, "none"); !errors.Is(err, embedded.ErrDiskFull) {
		t.Errorf("with 1.9 %% free: %v, want ErrDiskFull", err)
	}
	fs.SetFree(0.03)
	mustPublish(t, log, events.Room, 0, "again")
}

// Breaks for users: the log would answer for records of which the kernel has
// dropped the bytes.
func TestAFailedSyncEndsTheLog(t *testing.T) {
	fs := faultfs.New()
	c := small(fs)
	failed := make(chan error, 1)
	c.Observer.Failed = func(err error) { failed <- err }
	log := mustOpen(t, dir, c)
	mustPublish(t, log, events.Room, 0, "before")
	messages, err := log.Subscriber(at(events.Room, 0, 1)).Subscribe(t.Context(), events.Room.Topic())
	if err != nil {
		t.Fatal(err)
	}
	bad := errors.New("the disk has gone bad")
	fs.FailSync(bad)
	if _, err := publish(log, events.Room, 0, "during"); !errors.Is(err, bad) {
		t.Errorf("publishing during the failure: %v, want %v", err, bad)
	}
	if err := <-failed; !errors.Is(err, bad) || !errors.Is(log.Err(), bad) {
		t.Errorf("the failure is %v, and Err says %v, want %v", err, log.Err(), bad)
	}
	if m, ok := <-messages; ok {
		t.Errorf("a reader saw %q, which is not durable", m.Payload)
	}
	if _, err := publish(log, events.Room, 0, "after"); !errors.Is(err, bad) {
		t.Errorf("publishing after the failure: %v, want %v", err, bad)
	}
	if r, err := log.Read(at(events.Room, 0, 0)); err != nil || string(r.Payload) != "before" {
		t.Errorf("reading what is durable: %q (%v)", r.Payload, err)
	}
}

// Breaks for users: a disk that is full only when it syncs may have dropped what it had
// taken, and a log that goes on would answer for records that are not there;
// or somebody frees the disk and waits for ever, because nobody said what to do.
func TestAFullDiskInASyncNeedsARestartAndSaysSo(t *testing.T) {
	fs := faultfs.New()
	log := mustOpen(t, dir, small(fs))
	first := mustPublish(t, log, events.Room, 0, "before")
	fs.FailSync(syscall.ENOSPC)
	if _, err := publish(log, events.Room, 0, "during"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("publishing: %v", err)
	}
	_, err := publish(log, events.Room, 0, "after")
	if err == nil || errors.Is(err, embedded.ErrDiskFull) || !strings.Contains(err.Error(), "restart") {
		t.Errorf("with room again: %v", err)
	}
	mustClose(t, log)
	got, err := read(fs.Reboot(seeded(1)))
	if err != nil || got[first] != "before" {
		t.Errorf("after a restart %v (%v)", got, err)
	}
	mustPublish(t, mustOpen(t, dir, small(fs.Clone())), events.Room, 0, "again")
}

// Breaks for users: a cut that did not happen would leave half a record in the
// midst of the log, and the next start would call it damage.
func TestACutThatDoesNotHappenEndsTheLog(t *testing.T) {
	fs := &uncutFS{FS: faultfs.New()}
	c := small(nil)
	c.FS = fs
	log := mustOpen(t, dir, c)
	mustPublish(t, log, events.Room, 0, "before")
	fs.SetCapacity(fs.Used() + 100)
	_, err := publish(log, events.Room, 0, strings.Repeat("z", 2000))
	if err == nil || errors.Is(err, embedded.ErrDiskFull) || log.Err() == nil {
		t.Errorf("publishing: %v, and the log says %v", err, log.Err())
	}
}

// uncutFS truncates no file.
type uncutFS struct{ *faultfs.FS }

func (fs *uncutFS) OpenFile(name string, flag int) (embedded.File, error) {
	f, err := fs.FS.OpenFile(name, flag)
	return uncutFile{f}, err
}

type uncutFile struct{ embedded.File }

func (uncutFile) Truncate(int64) error { return nil }

// Breaks for users: a damaged old record would end a reader as if all were well.
func TestAReaderThatMeetsDamageEndsTheLogWithItsPlace(t *testing.T) {
	fs, _ := filled(t, 60)
	if err := fs.Flip(filepath.Join(dir, "000000000001.seg"), 8*500); err != nil {
		t.Fatal(err)
	}
	log := mustOpen(t, dir, small(fs))
	messages, err := log.Subscriber(at(events.Instrument, 0, 0)).Subscribe(t.Context(), events.Instrument.Topic())
	if err != nil {
		t.Fatal(err)
	}
	for m := range messages {
		m.Ack()
	}
	var damage *embedded.DamageError
	if !errors.As(log.Err(), &damage) || damage.Segment != "000000000001.seg" || !damage.Known {
		t.Errorf("the log says %v, want damage in the first segment", log.Err())
	}
}

// Breaks for users: two servers would write over each other.
func TestASecondProcessIsRefusedWithFolderAndProcess(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir, embedded.Config{})
	_, err := embedded.Open(dir, embedded.Config{})
	var locked *embedded.LockedError
	if !errors.Is(err, embedded.ErrLocked) || !errors.As(err, &locked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	if diff := cmp.Diff(&embedded.LockedError{Dir: dir, PID: os.Getpid()}, locked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, part := range []string{dir, fmt.Sprint(os.Getpid())} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
}

// Breaks for users: entities would move to other partitions, and start anew there.
func TestAnotherNumberOfPartitionsIsRefused(t *testing.T) {
	fs := faultfs.New()
	mustClose(t, mustOpen(t, dir, small(fs)))
	c := small(fs)
	c.InstrumentPartitions, c.RoomPartitions = 8, 3
	_, err := embedded.Open(dir, c)
	if err == nil || !strings.Contains(err.Error(), "created with 2 instrument partitions") || !strings.Contains(err.Error(), "created with 2 room partitions") {
		t.Errorf("got %v, want both numbers named", err)
	}
	c.InstrumentPartitions, c.RoomPartitions = 0, 0
	if log := mustOpen(t, dir, c); log.Partitions(events.Room) != 2 {
		t.Errorf("without a wish there are %d room partitions, want 2", log.Partitions(events.Room))
	}
}

// Breaks for users: a typing error in a setting would make a log that can't work.
func TestAllFaultsOfAConfigAreNamedAtOnce(t *testing.T) {
	_, err := embedded.Open(dir, embedded.Config{FS: faultfs.New(), RoomPartitions: -1, InstrumentPartitions: 5000, SegmentBytes: 1, KeepBytes: -1})
	for _, part := range []string{"room partitions", "instrument partitions", "segment bytes", "keep bytes"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not name %s", err, part)
		}
	}
}

// Breaks for users: errors of other kinds would be taken for a full disk, and retried for ever.
func TestAWriteErrorEndsTheLog(t *testing.T) {
	fs := &failingFS{FS: faultfs.New()}
	c := small(nil)
	c.FS = fs
	log := mustOpen(t, dir, c)
	mustPublish(t, log, events.Room, 0, "before")
	fs.fail = true
	if _, err := publish(log, events.Room, 0, "during"); !errors.Is(err, syscall.EIO) || !errors.Is(log.Err(), syscall.EIO) {
		t.Errorf("got %v, and the log says %v; want an I/O error", err, log.Err())
	}
}

// failingFS fails writes with an I/O error.
type failingFS struct {
	*faultfs.FS
	fail bool
}

func (fs *failingFS) OpenFile(name string, flag int) (embedded.File, error) {
	f, err := fs.FS.OpenFile(name, flag)
	return failingFile{f, fs}, err
}

type failingFile struct {
	embedded.File
	fs *failingFS
}

func (f failingFile) WriteAt(p []byte, off int64) (int, error) {
	if f.fs.fail {
		return 0, syscall.EIO
	}
	return f.File.WriteAt(p, off)
}
