package embedded_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

// Breaks for users: replay could only run while the server stands still.
func TestAReaderWorksBesideTheServer(t *testing.T) {
	fs := faultfs.New()
	server := mustOpen(t, dir, small(fs))
	for i := range 50 {
		mustPublish(t, server, events.Room, 0, fmt.Sprint(i, strings.Repeat(" ", 200)))
	}
	before := len(files(t, fs))
	reader, err := embedded.OpenReader(dir, embedded.Config{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, reader)
	mustPublish(t, server, events.Room, 0, "later")
	if _, next, err := reader.Bounds(events.Room, 0); err != nil || next != 50 {
		t.Errorf("the reader ends at %d (%v), want 50", next, err)
	}
	messages, err := reader.Subscriber(at(events.Room, 0, 20)).Subscribe(t.Context(), events.Room.Topic())
	if err != nil {
		t.Fatal(err)
	}
	for i := 20; i < 50; i++ {
		m := <-messages
		if got := strings.TrimSpace(string(m.Payload)); got != fmt.Sprint(i) {
			t.Fatalf("got %q, want %d", got, i)
		}
		m.Ack()
	}
	if _, err := publish(reader, events.Room, 0, "no"); !errors.Is(err, embedded.ErrReadOnly) {
		t.Errorf("publishing: %v, want ErrReadOnly", err)
	}
	if reader.Lineage() != server.Lineage() {
		t.Error("the reader has another lineage")
	}
	if after := len(files(t, fs)); after != before {
		t.Errorf("the reader left %d files, there were %d", after, before)
	}
}

// Breaks for users: a replay that starts while the market runs would report damage.
func TestAReaderThatOpensAmidWritingSeesWholeRecords(t *testing.T) {
	folder := t.TempDir()
	c := embedded.Config{SegmentBytes: 64 << 10, InstrumentPartitions: 2, RoomPartitions: 2}
	server := mustOpen(t, folder, c)
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			if _, err := publish(server, events.Room, int32(i%2), strings.Repeat("w", i%3000)); err != nil {
				done <- err
				return
			}
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
		}
	}()
	last := 0
	for range 100 {
		reader, err := embedded.OpenReader(folder, embedded.Config{})
		if err != nil {
			t.Error(err)
			break
		}
		all, err := contents(reader)
		if err != nil || len(all) < last {
			t.Errorf("%d records (%v), before there were %d", len(all), err, last)
		}
		last = len(all)
		mustClose(t, reader)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Breaks for users: a replay would count what a power cut takes back.
func TestAReaderLeavesOutTheGroupUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &gatedFS{FS: faultfs.New(), open: make(chan struct{})}
		c := small(nil)
		c.FS = gate
		log := mustOpen(t, dir, c)
		mustPublish(t, log, events.Room, 0, "durable")
		gate.closed.Store(true)
		done := make(chan error, 1)
		go func() {
			_, err := publish(log, events.Room, 0, "under way")
			done <- err
		}()
		synctest.Wait()
		reader, err := embedded.OpenReader(dir, embedded.Config{FS: gate.FS})
		if err != nil {
			t.Fatal(err)
		}
		if all, err := contents(reader); err != nil || len(all) != 1 {
			t.Errorf("the reader sees %v (%v)", all, err)
		}
		mustClose(t, reader)
		gate.closed.Store(false)
		close(gate.open)
		if err := <-done; err != nil {
			t.Error(err)
		}
		mustClose(t, log)
	})
}

// Breaks for users: a tool that looks for a log would make an empty one.
func TestAReaderOfNothingSaysSo(t *testing.T) {
	folder := t.TempDir()
	if _, err := embedded.OpenReader(folder, embedded.Config{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that nothing is there", err)
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) > 0 {
		t.Errorf("the folder has %v (%v)", names, err)
	}
}

// Breaks for users: the server would not start after a crash, or not say what it cut off.
func TestATornTailIsCutOffAndSaid(t *testing.T) {
	clean, want := filled(t, 60)
	names := files(t, clean)
	segment := names[len(names)-2] // before log.json
	end := size(t, clean, segment)
	for _, garbage := range []string{"x", strings.Repeat("\x00", 5000), strings.Repeat("CRGP", 300), strings.Repeat("q", 3<<20)} {
		fs := clean.Clone()
		f, err := fs.OpenFile(filepath.Join(dir, segment), os.O_RDWR)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte(garbage), end-20); err != nil { // over the mark
			t.Fatal(err)
		}
		var said strings.Builder
		c := small(fs)
		c.Logger = slog.New(slog.NewTextHandler(&said, nil))
		log := mustOpen(t, dir, c)
		got, err := contents(log)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d of %d records (%v)", len(got), len(want), err)
		}
		if !strings.Contains(said.String(), "torn tail") || !strings.Contains(said.String(), segment) {
			t.Errorf("the log said %q", said.String())
		}
		if n := size(t, fs, segment); n != end {
			t.Errorf("%s has %d bytes, want %d", segment, n, end)
		}
		mustPublish(t, log, events.Room, 0, "goes on")
		mustClose(t, log)
	}
}
