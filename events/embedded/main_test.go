package embedded_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.uber.org/goleak"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const dir = "/log"

func at(kind events.Kind, partition int32, offset int64) events.Position {
	return events.Position{Kind: kind, Partition: partition, Offset: offset}
}

// small makes logs whose segments are soon full.
func small(fs *faultfs.FS) embedded.Config {
	return embedded.Config{FS: fs, InstrumentPartitions: 2, RoomPartitions: 2, SegmentBytes: 4 << 10}
}

// mustOpen opens a log that is closed at the end of the test, if not before.
func mustOpen(t testing.TB, dir string, c embedded.Config) *embedded.Log {
	t.Helper()
	log, err := embedded.Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, log) })
	return log
}

func mustClose(t testing.TB, log *embedded.Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

func newMessage(kind events.Kind, partition int32, payload string) *message.Message {
	return events.NewMessage(kind, partition, []byte(payload))
}

func publish(log *embedded.Log, kind events.Kind, partition int32, payload string) (events.Position, error) {
	m := newMessage(kind, partition, payload)
	err := log.Publish(kind.Topic(), m)
	return events.PositionOf(m), err
}

func mustPublish(t testing.TB, log *embedded.Log, kind events.Kind, partition int32, payload string) events.Position {
	t.Helper()
	p, err := publish(log, kind, partition, payload)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// contents reads everything that is kept, and wants it dense.
func contents(log *embedded.Log) (map[events.Position]string, error) {
	all := map[events.Position]string{}
	for _, kind := range events.Kinds() {
		for p := range int32(log.Partitions(kind)) {
			first, _, err := log.Bounds(kind, p)
			if err != nil {
				return nil, err
			}
			for r, err := range log.Records(at(kind, p, first)) {
				if err != nil {
					return nil, err
				}
				all[r.Position] = string(r.Payload)
			}
		}
	}
	return all, nil
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
