package poison

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"outcry/events/pipeline/raw"
)

func record(offset int64) Record {
	return Record{Topic: "outcry.raw.a", Partition: 3, Pipeline: "a", Stage: "stage 1 (time)", Reason: "reading time: no", Identity: "replay/e/3/0 9",
		Message: raw.Message{Offset: offset, Key: []byte("k"), Value: []byte(`{"a":1}`), Time: time.UnixMilli(1_700_000_000_123).UTC(),
			Headers: []raw.Header{{Name: "trace", Value: []byte("t")}, {Name: "outcry-identity", Value: []byte("old 1")}}}}
}

// Whoever asks for a poisoned message must get all that its producer sent.
func TestARecordReadsAsItWasWritten(t *testing.T) {
	r := record(8)
	m := r.Write()
	again, err := Read(&m)
	if d := cmp.Diff(r, again); d != "" || err != nil {
		t.Error(d, err)
	}
	if string(m.Key) != "outcry.raw.a/3@8" {
		t.Errorf("%s", m.Key)
	}
	empty := Record{Topic: "t", Message: raw.Message{Offset: 1}}
	if m := empty.Write(); m.Value == nil {
		t.Error("an empty message looks like a marker")
	}
}

// A message too large for the topic would stop its partition if it were not cut; its replay would be another message.
func TestAHugeMessageIsCutAndNotReplayed(t *testing.T) {
	r := record(8)
	r.Message.Value = make([]byte, ValueMax+5)
	r.Reason = strings.Repeat("ü", 2000) + "\xff"
	for n := range 100 {
		r.Message.Headers = append(r.Message.Headers, raw.Header{Name: fmt.Sprint(n), Value: make([]byte, n*100)})
	}
	m := r.Write()
	size := len(m.Value)
	for _, h := range m.Headers {
		size += len(h.Name) + len(h.Value)
		if h.Name == "outcry-reason" && (!utf8.Valid(h.Value) || len(h.Value) > 1100) {
			t.Errorf("%d bytes of reason", len(h.Value))
		}
	}
	if size > 1_000_000 {
		t.Errorf("%d bytes do not fit into a topic with default settings", size)
	}
	again, err := Read(&m)
	if err != nil || again.Cut != 5 {
		t.Fatalf("%d bytes cut, %v", again.Cut, err)
	}
	if _, err := again.Replay("outcry-identity"); err == nil || !strings.Contains(err.Error(), "5 bytes") {
		t.Error(err)
	}
	twice := again.Write()
	if r, err := Read(&twice); err != nil || r.Cut != 5 {
		t.Error("writing it again forgot that it was cut", err)
	}
}

// A replay must be the same message, known by one identity.
func TestAReplayIsTheMessageWithItsNewIdentity(t *testing.T) {
	r := record(8)
	m, err := r.Replay("outcry-identity")
	if err != nil {
		t.Fatal(err)
	}
	want := raw.Message{Key: []byte("k"), Value: []byte(`{"a":1}`), Headers: []raw.Header{
		{Name: "trace", Value: []byte("t")}, {Name: "outcry-identity", Value: []byte("replay/e/3/0 9")}}}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
}

// topic numbers records as Kafka does.
func topic(records ...raw.Message) *Book {
	b := &Book{}
	for i := range records {
		records[i].Offset = int64(i)
		b.Add(&records[i])
	}
	return b
}

func written(offset int64) raw.Message { r := record(offset); return r.Write() }

// What was settled must not be shown as waiting, nor what was poisoned again as settled.
func TestTheNewestRecordOfAKeyCounts(t *testing.T) {
	key := func(n int64) string { return raw.Position("outcry.raw.a", 3, n) }
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := topic(written(1), written(2), written(3), written(4), written(1), Marker(key(2), Dropped, at), Marker(key(3), Replayed, at), Marker(key(4), Dropped, at), written(4),
		raw.Message{Key: []byte("foreign"), Value: []byte("x")}, raw.Message{Key: []byte("other"), Value: written(1).Value, Headers: written(1).Headers})
	var got []string
	for _, e := range b.Entries(Filter{}) {
		got = append(got, fmt.Sprint(e.ID, " ", e.Key, " ", e.State, " ", e.Settled.IsZero()))
	}
	want := []string{"4 outcry.raw.a/3@1 waiting true", "1 outcry.raw.a/3@2 dropped false", "2 outcry.raw.a/3@3 replayed false", "8 outcry.raw.a/3@4 waiting true"}
	if d := cmp.Diff(want, got); d != "" || b.Foreign != 2 {
		t.Errorf("%s, %d foreign", d, b.Foreign)
	}
	if e := b.Find("2"); e == nil || e.Key != key(3) || b.Find(key(3)) != e || b.Find("77") != nil {
		t.Errorf("%+v", e)
	}
}

// Filters of replay and drop must not take more than they say.
func TestFiltersChooseEntries(t *testing.T) {
	other := record(5)
	other.Topic, other.Pipeline, other.Stage, other.Reason = "outcry.raw.b", "b", "log", "off the band"
	b := topic(written(1), other.Write(), Marker(raw.Position("outcry.raw.a", 3, 1), Dropped, time.Time{}))
	for want, f := range map[int]Filter{0: {State: Waiting, Topic: "outcry.raw.a"}, 1: {State: Waiting}, 2: {}} {
		if got := len(b.Entries(f)); got != want {
			t.Errorf("%+v: %d", f, got)
		}
	}
	for _, f := range []Filter{{Pipeline: "b"}, {Stage: "log"}, {Reason: "band"}, {Topic: "outcry.raw.b"}} {
		if got := b.Entries(f); len(got) != 1 || got[0].Record.Pipeline != "b" {
			t.Errorf("%+v: %d", f, len(got))
		}
	}
}

// A topic of millions must not take all memory of who lists it.
func TestABookIsBounded(t *testing.T) {
	b := &Book{Max: 10}
	for n := range int64(25) {
		m := written(n)
		m.Offset = n
		b.Add(&m)
	}
	all := b.Entries(Filter{})
	if len(all) != 10 || b.Forgotten != 15 || all[9].ID != 24 || len(b.entries) != 10 {
		t.Errorf("%d kept, %d forgotten", len(all), b.Forgotten)
	}
}

// Anybody may write to a topic: what is no record must not end the listing.
func FuzzRead(f *testing.F) {
	m := written(1)
	f.Add(m.Value, "outcry-topic", []byte("t"), "outcry-cut", []byte("-1"))
	f.Fuzz(func(t *testing.T, value []byte, a string, av []byte, b string, bv []byte) {
		m := written(1)
		m.Value = value
		m.Headers = append(m.Headers, raw.Header{Name: a, Value: av}, raw.Header{Name: b, Value: bv})
		var book Book
		book.Add(&m)
		if r, err := Read(&m); err == nil {
			if r.Cut < 0 {
				t.Fatal(r.Cut)
			}
			again := r.Write()
			if _, err := Read(&again); err != nil {
				t.Fatalf("%v: %+v", err, r)
			}
		}
	})
}
