package events_test

import (
	"fmt"
	"testing"

	"outcry/events"
	"outcry/events/embedded"
)

// Whoever copies or shows a log must get each record once, from the place that
// was asked for, and an end.
func TestRecordsGivesWhatIsThereAndEnds(t *testing.T) {
	log, err := embedded.Open(t.TempDir(), embedded.Config{InstrumentPartitions: 2, RoomPartitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for i := range 5 {
		if err := log.Publish(events.Room.Topic(), events.NewMessage(events.Room, 1, []byte(fmt.Sprint(i)))); err != nil {
			t.Fatal(err)
		}
	}
	for from, want := range map[int64]string{0: "01234", 3: "34", 5: "", 9: ""} {
		got := ""
		for r, err := range events.Records(t.Context(), log, events.Position{Kind: events.Room, Partition: 1, Offset: from}) {
			if err != nil {
				t.Fatal(err)
			}
			if want, err := log.Checksum(r.Position); err != nil || r.Checksum != want {
				t.Errorf("%s has checksum %x, want %x (%v)", r.Position, r.Checksum, want, err)
			}
			got += string(r.Payload)
		}
		if got != want {
			t.Errorf("from %d: %q, want %q", from, got, want)
		}
	}
	for range events.Records(t.Context(), log, events.Position{Kind: events.Room, Partition: 1}) {
		break // and nothing hangs
	}
}
