package embedded_test

import (
	"path/filepath"
	"testing"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/eventstest"
)

// Breaks for users: the laptop's log would behave unlike the cluster's.
func TestLog(t *testing.T) {
	for name, c := range map[string]embedded.Config{
		"Default":       {},
		"SmallSegments": {SegmentBytes: 128 << 10, InstrumentPartitions: 2, RoomPartitions: 3},
		"TinyTail":      {TailBytes: 1000, InstrumentPartitions: 2, RoomPartitions: 2},
		"NoTail":        {TailBytes: 1, InstrumentPartitions: 2, RoomPartitions: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eventstest.TestLog(t, func(t *testing.T) eventstest.Env {
				dir := filepath.Join(t.TempDir(), "log")
				log := mustOpen(t, dir, c)
				return eventstest.Env{Log: log, RecordBytes: embedded.RecordBytesMax, Reopen: func(t *testing.T) events.Log {
					mustClose(t, log)
					return mustOpen(t, dir, c)
				}}
			})
		})
	}
}
