package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"outcry/events"
	"outcry/events/embedded"
)

// Breaks for users: a check that finds nothing wrong would mean nothing.
func TestCheckOfAWholeLogCountsEverything(t *testing.T) {
	fs, want := filled(t, 60)
	var done, total int64
	report, err := embedded.Check(dir, fs, func(d, t int64) { done, total = d, t })
	if err != nil {
		t.Fatal(err)
	}
	var payload int64
	for _, p := range want {
		payload += int64(len(p))
	}
	if report.Records != 60 || report.Groups != 60 || report.Payload != payload || report.Segments != segmentsOf(t, fs) {
		t.Errorf("got %+v, want 60 records and groups, %d bytes of payload", report, payload)
	}
	if len(report.Damages) > 0 || len(report.Indexes) > 0 || report.TornBytes > 0 {
		t.Errorf("a whole log has %v, indexes %v, %d torn bytes", report.Damages, report.Indexes, report.TornBytes)
	}
	if total == 0 || done > total || done < total-48 {
		t.Errorf("the progress ended at %d of %d", done, total)
	}
}

// Breaks for users: after the first damage nobody would know of the others.
func TestCheckNamesEveryDamage(t *testing.T) {
	fs, _ := filled(t, 60)
	log := mustOpen(t, dir, small(fs))
	var victims []embedded.Record
	for _, p := range []events.Position{at(events.Instrument, 0, 1), at(events.Room, 1, 5), at(events.Room, 0, 13)} {
		r, err := log.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		victims = append(victims, r)
	}
	mustClose(t, log)
	for _, r := range victims {
		if err := fs.Flip(filepath.Join(dir, r.Segment), 8*(r.Byte+33)); err != nil {
			t.Fatal(err)
		}
	}
	if err := fs.Flip(filepath.Join(dir, "000000000002.idx"), 100); err != nil {
		t.Fatal(err)
	}
	report, err := embedded.Check(dir, fs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Damages) != len(victims) || report.Records != 60-int64(len(victims)) {
		t.Fatalf("%d damages and %d records, want %d and the rest: %v", len(report.Damages), report.Records, len(victims), report.Damages)
	}
	for i, d := range report.Damages {
		if r := victims[i]; !d.Known || d.Record != r.Position || d.Segment != r.Segment || d.Byte != r.Byte {
			t.Errorf("damage %d is %v, want %s at byte %d of %s", i, d, r.Position, r.Byte, r.Segment)
		}
	}
	if len(report.Indexes) != 1 || report.Indexes[0] != "000000000002.idx" {
		t.Errorf("the damaged indexes are %v", report.Indexes)
	}
}

// Breaks for users: who looks beside a running server is told that what people
// are saying this moment will be cut off.
func TestCheckBesideAWriterTellsItsGroupFromATornTail(t *testing.T) {
	fs, _ := filled(t, 60)
	log := mustOpen(t, dir, small(fs))
	names := files(t, fs)
	segment := names[len(names)-2]
	f, err := fs.OpenFile(filepath.Join(dir, segment), os.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 700), size(t, fs, segment)); err != nil {
		t.Fatal(err)
	}
	report, err := embedded.Check(dir, fs, nil)
	if err != nil || !report.InUse || report.Torn == nil || len(report.Damages) > 0 {
		t.Errorf("beside the writer: %+v (%v)", report, err)
	}
	mustClose(t, log)
	if report, err = embedded.Check(dir, fs, nil); err != nil || report.InUse {
		t.Errorf("without it: %+v (%v)", report, err)
	}
}

// Breaks for users: a check beside a busy server would call it damage that a
// new segment was begun while it read.
func TestCheckBesideAWriterThatBeginsASegmentFindsNoDamage(t *testing.T) {
	fs, _ := filled(t, 60)
	c := small(fs)
	log := mustOpen(t, dir, c)
	last := func() string { return fmt.Sprintf("%012d.seg", segmentsOf(t, fs)) }
	for size(t, fs, last()) < c.SegmentBytes+48 { // full, and its mark: the next group begins another
		mustPublish(t, log, events.Room, 0, strings.Repeat("z", 100))
	}
	before := segmentsOf(t, fs)
	report, err := embedded.Check(dir, fs, func(int64, int64) {
		if segmentsOf(t, fs) == before {
			mustPublish(t, log, events.Room, 0, "next")
		}
	})
	if err != nil || len(report.Damages) > 0 || report.TornBytes > 0 {
		t.Errorf("%+v (%v)", report, err)
	}
	if now := segmentsOf(t, fs); before < 2 || now != before+1 {
		t.Errorf("%d segments, then %d: the test says nothing", before, now)
	}
}

// Breaks for users: a crash would look like damage in the report.
func TestCheckTellsATornTailFromDamage(t *testing.T) {
	fs, _ := filled(t, 60)
	names := files(t, fs)
	segment := names[len(names)-2]
	f, err := fs.OpenFile(filepath.Join(dir, segment), os.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 700), size(t, fs, segment)); err != nil {
		t.Fatal(err)
	}
	report, err := embedded.Check(dir, fs, nil)
	if err != nil || len(report.Damages) > 0 || report.TornBytes != 748 || report.Torn == nil || report.Records != 60 {
		t.Errorf("got %+v (%v), want 60 records and 748 torn bytes", report, err)
	}
	if err := fs.Remove(filepath.Join(dir, "000000000002.seg")); err != nil {
		t.Fatal(err)
	}
	report, err = embedded.Check(dir, fs, nil)
	if err != nil || len(report.Damages) != 1 || report.Damages[0].Segment != "000000000002.seg" {
		t.Errorf("without the second segment: %v (%v)", report.Damages, err)
	}
}
