package embedded

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/internal/digest"
)

func testFiles() *files {
	return &files{key: key{1, 2, 3}, lineage: "00112233445566778899aabbccddeeff", shape: shape{2, 3}}
}

// Breaks for users: somebody could post a message whose bytes look like a
// header, and after a crash the log would not open.
func TestHeadersHoldOnlyInTheirLogAndPlace(t *testing.T) {
	a, b := key{1}, key{2}
	h := groupHead{form: formGroup, number: 7, length: groupHeader, records: 1, time: 5}
	buf := make([]byte, groupHeader)
	a.putGroup(buf, &h, 3, 4096)
	if got, ok := a.group(buf, 3, 4096); !ok || got != h {
		t.Errorf("in its place it is %+v, %t", got, ok)
	}
	for name, ok := range map[string]bool{
		"another log":     second(b.group(buf, 3, 4096)),
		"another segment": second(a.group(buf, 4, 4096)),
		"another place":   second(a.group(buf, 3, 4097)),
	} {
		if ok {
			t.Errorf("it holds in %s", name)
		}
	}
	r := recordHead{kind: events.Room, partition: 2, offset: 9, length: 4}
	a.putRecord(buf, &r)
	if got, ok := a.record(buf); !ok || got != r || second(b.record(buf)) {
		t.Errorf("the record's header is %+v, %t", got, ok)
	}
}

func second[T any](_ T, ok bool) bool { return ok }

// Breaks for users: a damaged segment header would panic at start.
func FuzzSegmentHeader(f *testing.F) {
	fs := testFiles()
	good, err := fs.encodeHeader(&segment{number: 5, group: 9, previous: 100, created: 7, base: []int64{1, 2, 3, 4, 5}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 8 { // let it past the checksum
			b = slices.Clone(b)
			binary.LittleEndian.PutUint64(b[len(b)-8:], fs.headerSum(b[:len(b)-8]))
		}
		s, err := fs.decodeHeader(b, 5)
		if err != nil {
			return
		}
		again, err := fs.encodeHeader(s)
		if err != nil || len(again) != len(b) {
			t.Fatalf("encoding again: %d bytes (%v), want %d", len(again), err, len(b))
		}
	})
}

// Breaks for users: a damaged index would panic, or eat the memory.
func FuzzIndex(f *testing.F) {
	s := &segment{number: 5}
	s.length.Store(1 << 30)
	x := newIndex(3)
	x.add(0, 10, 200)
	x.add(0, 12, 400) // too close
	x.add(0, 14, 200+indexStride)
	x.add(2, 1, 200)
	f.Add(x.encode(s))
	f.Add([]byte(indexMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = slices.Clone(b)
		if len(b) >= 8 {
			binary.LittleEndian.PutUint64(b[len(b)-8:], digest.Checksum(b[:len(b)-8]))
		}
		x, err := decodeIndex(b, s, 3)
		if err == nil && !bytes.Equal(x.encode(s), b) {
			t.Fatal("encoding again gives other bytes")
		}
	})
}

// Breaks for users: every reader would start at the wrong group.
func TestAnIndexFindsTheGroupAtOrBefore(t *testing.T) {
	x := newIndex(2)
	x.add(0, 10, 100)
	x.add(0, 20, 100+indexStride)
	got := []int64{x.find(0, 5, 64), x.find(0, 10, 64), x.find(0, 19, 64), x.find(0, 20, 64), x.find(0, 99, 64), x.find(1, 0, 64)}
	want := []int64{64, 100, 100, 100 + indexStride, 100 + indexStride, 64}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Breaks for users: a damaged meta file would open a log that is not theirs.
func FuzzMeta(f *testing.F) {
	good, err := newMeta(shape{16, 16}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeMeta(b)
		if err != nil {
			return
		}
		if again, err := m.encode(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%q was taken, it should be %q (%v)", b, again, err)
		}
	})
}

// Breaks for users: a group whose table lies would panic, or show records of others.
func FuzzGroup(f *testing.F) {
	f.Add(uint16(1), uint32(2), []byte("some bytes of a group"))
	f.Add(uint16(0), uint32(0), []byte{})
	var e encoder
	group := e.encode(testFiles(), []*call{{messages: nil}}, make([]int64, 5), 1, 0, 0, 0)
	f.Add(uint16(0), uint32(0), group[groupHeader:])
	f.Add(uint16(1), uint32(1), append(tableOf(section{kind: events.Room, partition: 1, records: 1, start: groupHeader + sectionEntry, length: recordHeader}), make([]byte, recordHeader)...))
	f.Fuzz(func(t *testing.T, sections uint16, records uint32, body []byte) {
		fs := testFiles()
		h := groupHead{form: formGroup, sections: int(sections), records: int(records), length: groupHeader + len(body)}
		if h.length < h.tableEnd() {
			return
		}
		b := append(make([]byte, groupHeader), body...)
		h.table = digest.Checksum(b[groupHeader:h.tableEnd()])
		fs.key.putGroup(b, &h, 1, 0)
		c := scanner{files: fs, seg: &segment{number: 1}, next: make([]int64, fs.shape.streams())}
		reason := c.verify(&h, b)
		total := 0
		for _, s := range c.sections {
			total += s.records
		}
		if reason == nil && total != h.records {
			t.Fatalf("%d records in %d sections, the header says %d", total, len(c.sections), h.records)
		}
	})
}

// Breaks for users: a group of another time that a disk brings back would be taken for new.
func TestAGroupThatDoesNotFollowIsRefused(t *testing.T) {
	fs := testFiles()
	m := events.NewMessage(events.Room, 1, []byte("payload"))
	var e encoder
	b := e.encode(fs, []*call{{messages: []*message.Message{m}}}, []int64{0, 0, 0, 5, 0}, 1, 0, 0, 0)
	h, ok := fs.key.group(b, 1, 0)
	if !ok {
		t.Fatal("the group's header does not hold")
	}
	for next, want := range map[int64]bool{5: true, 4: false, 6: false, -1: true} {
		c := scanner{files: fs, seg: &segment{number: 1}, next: []int64{0, 0, 0, next, 0}}
		if reason := c.verify(&h, b); (reason == nil) != want {
			t.Errorf("offset 5 where %d is expected: %v", next, reason)
		}
	}
}

func tableOf(s section) []byte {
	b := make([]byte, sectionEntry)
	putSection(b, &s)
	return b
}
