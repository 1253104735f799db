package embedded_test

import (
	"os"
	"path/filepath"
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
	if err != nil || len(report.Damages) > 0 || report.TornBytes != 748 || report.Records != 60 {
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
