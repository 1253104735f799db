package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

// filled gives a closed log of a few small segments, and what is in it.
func filled(t testing.TB, records int) (*faultfs.FS, map[events.Position]string) {
	t.Helper()
	fs := faultfs.New()
	log := mustOpen(t, dir, small(fs))
	for i := range records {
		mustPublish(t, log, events.Kinds()[i%2], int32(i/2%2), fmt.Sprintf("%d %s", i, strings.Repeat("y", i*7%300)))
	}
	all, err := contents(log)
	if err != nil || len(all) != records {
		t.Fatalf("%d of %d records (%v)", len(all), records, err)
	}
	mustClose(t, log)
	return fs, all
}

// read opens the log and reads all of it.
func read(fs *faultfs.FS) (all map[events.Position]string, err error) {
	log, err := embedded.Open(dir, small(fs))
	if err != nil {
		return nil, err
	}
	all, err = contents(log)
	return all, errors.Join(err, log.Close())
}

func files(t testing.TB, fs *faultfs.FS) []string {
	t.Helper()
	names, err := fs.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func size(t testing.TB, fs *faultfs.FS, name string) int64 {
	t.Helper()
	f, err := fs.OpenFile(filepath.Join(dir, name), os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Breaks for users: a bit that flips on the disk changes a price or a message
// without a word, or takes acknowledged ones away.
func TestNoFlippedBitIsServedOrHidden(t *testing.T) {
	t.Parallel()
	clean, want := filled(t, 40)
	r := seeded(1)
	refused := 0
	for _, name := range files(t, clean) {
		for b := range size(t, clean, name) {
			fs := clean.Clone()
			if err := fs.Flip(filepath.Join(dir, name), 8*b+r.Int64N(8)); err != nil {
				t.Fatal(err)
			}
			got, err := read(fs)
			var damage *embedded.DamageError
			switch {
			case err == nil:
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("byte %d of %s (-want +got):\n%s", b, name, diff)
				}
			case errors.As(err, &damage):
				refused++
				if damage.Segment != name || !near(damage.Byte, b) {
					t.Fatalf("byte %d of %s was flipped, blamed is %v", b, name, err)
				}
			case name != "log.json": // its format's number may say something else
				t.Fatalf("byte %d of %s: %v", b, name, err)
			}
		}
	}
	if refused < 4000 {
		t.Errorf("only %d flips were refused", refused)
	}
}

// near: a group's header is blamed for all of its table, a record's for itself.
func near(blamed, flipped int64) bool { return blamed <= flipped && flipped-blamed < 600 }

// Breaks for users: nobody could say what is lost.
func TestDamageInTheMiddleNamesTheRecord(t *testing.T) {
	fs := faultfs.New()
	c := small(fs)
	c.SegmentBytes = 1 << 20
	log := mustOpen(t, dir, c)
	for i := range 5 {
		mustPublish(t, log, events.Room, 1, fmt.Sprintf("record number %d", i))
	}
	var third embedded.Record
	for r, err := range log.Records(at(events.Room, 1, 2)) {
		if err != nil {
			t.Fatal(err)
		}
		third = r
		break
	}
	mustClose(t, log)
	for name, byte := range map[string]int64{"payload": third.Byte + 40, "record header": third.Byte + 9, "group header": third.Byte - 60} {
		damaged := fs.Clone()
		if err := damaged.Flip(filepath.Join(dir, third.Segment), 8*byte); err != nil {
			t.Fatal(err)
		}
		_, err := embedded.Open(dir, small(damaged))
		var damage *embedded.DamageError
		if !errors.As(err, &damage) || !errors.Is(err, embedded.ErrDamaged) {
			t.Fatalf("%s: got %v, want damage", name, err)
		}
		if !damage.Known || damage.Record != third.Position || damage.Segment != third.Segment || !near(damage.Byte, byte) {
			t.Errorf("%s: the damage is at byte %d of %s, record %s; blamed is %v", name, byte, third.Segment, third.Position, err)
		}
	}
}

// Breaks for users: after a file was lost or cut, the log would go on with a hole.
func TestMissingAndTruncatedFilesAreRefused(t *testing.T) {
	clean, want := filled(t, 60)
	names := files(t, clean)
	var segments []string
	for _, n := range names {
		if strings.HasSuffix(n, ".seg") {
			segments = append(segments, n)
		}
	}
	if len(segments) < 3 {
		t.Fatalf("only %d segments", len(segments))
	}
	remove := func(name string) func(*faultfs.FS) error {
		return func(fs *faultfs.FS) error { return fs.Remove(filepath.Join(dir, name)) }
	}
	for name, test := range map[string]struct {
		do   func(*faultfs.FS) error
		says string
	}{
		"middle missing": {remove(segments[1]), segments[1]},
		"last missing":   {remove(segments[len(segments)-1]), segments[len(segments)-1]},
		"meta missing":   {remove("log.json"), "log.json"},
		"all missing": {func(fs *faultfs.FS) error {
			var errs error
			for _, s := range segments {
				errs = errors.Join(errs, remove(s)(fs))
			}
			return errs
		}, "000000000001.seg"},
		"sealed cut":   {func(fs *faultfs.FS) error { return truncate(fs, segments[0], 1000) }, segments[0]},
		"header cut":   {func(fs *faultfs.FS) error { return truncate(fs, segments[2], 50) }, segments[2]},
		"sealed empty": {func(fs *faultfs.FS) error { return truncate(fs, segments[1], 0) }, segments[1]},
	} {
		fs := clean.Clone()
		if err := test.do(fs); err != nil {
			t.Fatal(err)
		}
		_, err := read(fs)
		if !errors.Is(err, embedded.ErrDamaged) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want damage that names %s", name, err, test.says)
		}
	}
	if got, err := read(clean); err != nil || len(got) != len(want) {
		t.Errorf("the log itself: %d of %d records (%v)", len(got), len(want), err)
	}
}

func truncate(fs *faultfs.FS, name string, size int64) error {
	f, err := fs.OpenFile(filepath.Join(dir, name), os.O_RDWR)
	if err != nil {
		return err
	}
	return f.Truncate(size)
}

// Breaks for users: a lost or damaged index, which can be made again, would stop the log.
func TestDamagedIndexesAreMadeAgain(t *testing.T) {
	clean, want := filled(t, 60)
	const name = "000000000001.idx"
	before := size(t, clean, name)
	for how, do := range map[string]func(*faultfs.FS) error{
		"removed": func(fs *faultfs.FS) error { return fs.Remove(filepath.Join(dir, name)) },
		"cut":     func(fs *faultfs.FS) error { return truncate(fs, name, before/2) },
		"empty":   func(fs *faultfs.FS) error { return truncate(fs, name, 0) },
		"longer":  func(fs *faultfs.FS) error { return truncate(fs, name, 10*before) },
		"flipped": func(fs *faultfs.FS) error { return fs.Flip(filepath.Join(dir, name), 8*40) },
	} {
		fs := clean.Clone()
		if err := do(fs); err != nil {
			t.Fatal(err)
		}
		got, err := read(fs)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", how, diff)
		}
		if after := size(t, fs, name); after != before {
			t.Errorf("%s: the index has %d bytes again, %d before", how, after, before)
		}
	}
}
