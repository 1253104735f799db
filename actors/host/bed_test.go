package host

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/internal/zpack"
	outcryv1 "outcry/proto/outcry/v1"
)

func TestMain(m *testing.M) {
	// zstd makes its channels at first use; made in one test's bubble
	// (synctest) they would be closed to all others.
	if _, err := zpack.Unpack(zpack.Pack(nil)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// bed is a log, a store and the toy rules, for one or several hosts after each other.
type bed struct {
	log   *memoryLog
	store *memoryStore
	now   int64 // ingest time of the next record; each is 1 ms later
	trip  func(entity, text string, seq uint64)
	// padding of the toy's snapshots, bytes
	padding int
}

func newBed() *bed {
	return &bed{log: newMemoryLog(1, 1), store: newMemoryStore(), now: int64(time.Hour)}
}

func (b *bed) config() Config {
	return Config{
		Log: b.log, Rows: b.store, Checkpoints: b.store, Writer: "test",
		Clocks: silentClocks{},
		Logger: slog.New(slog.DiscardHandler),
		rules: func(k events.Kind) rules {
			if k == events.Instrument {
				return Config{}.rulesOf(k)
			}
			return &toyRules{trip: b.trip, padding: b.padding}
		},
	}
}

func post(text string) *outcryv1.RoomInput {
	return &outcryv1.RoomInput{
		User: "ada", ClientMsgId: []byte(text),
		Input: &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text)}}},
	}
}

// say appends one record in which each room gets one post.
func (b *bed) say(text string, rooms ...string) events.Position {
	groups := make([]*outcryv1.RoomGroup, len(rooms))
	for i, r := range rooms {
		groups[i] = &outcryv1.RoomGroup{Room: r, Inputs: []*outcryv1.RoomInput{post(text)}}
	}
	return b.append(groups...)
}

func (b *bed) append(groups ...*outcryv1.RoomGroup) events.Position {
	b.now += int64(time.Millisecond)
	return b.batch(&events.Batch{Header: events.Header{IngestTime: b.now}, Rooms: groups})
}

func (b *bed) batch(batch *events.Batch) events.Position {
	kind := events.Room
	if len(batch.Instruments) > 0 {
		kind = events.Instrument
	}
	m := events.NewMessage(kind, 0, events.AppendBatch(nil, batch))
	if err := b.log.Publish(kind.Topic(), m); err != nil {
		panic(err)
	}
	return events.PositionOf(m)
}

func (b *bed) start(t *testing.T, c Config) *Host {
	t.Helper()
	h, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.stop(t, h) })
	return h
}

// stop ends h and waits for it.
func (b *bed) stop(t *testing.T, h *Host) {
	t.Helper()
	if err := h.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// folded waits until the record at p is folded.
func folded(t *testing.T, h *Host, p events.Position) Counts {
	t.Helper()
	type answer struct {
		c   Counts
		err error
	}
	answers := make(chan answer, 1)
	h.AwaitFolded(p, func(c Counts, err error) { answers <- answer{c, err} })
	select {
	case a := <-answers:
		if a.err != nil {
			t.Fatalf("awaiting %s: %v", p, a.err)
		}
		return a.c
	case err := <-h.Failed():
		t.Fatalf("a shard failed before %s: %v", p, err)
	}
	return Counts{}
}

func hashesOf(t *testing.T, h *Host) (int64, map[string]digest.Hash) {
	t.Helper()
	offset, hashes, err := h.Hashes(t.Context(), events.Room, 0)
	if err != nil {
		t.Fatal(err)
	}
	return offset, hashes
}

// replayed folds the room's partition up to offset with no host.
func (b *bed) replayed(t *testing.T, offset int64) map[string]digest.Hash {
	t.Helper()
	c := b.config().withDefaults()
	hashes, err := replay(t.Context(), &c, events.Room, 0, nil, offset, nil)
	if err != nil {
		t.Fatal(err)
	}
	return hashes
}

func same(t *testing.T, what string, got, want map[string]digest.Hash) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: hashes differ (-want +got):\n%s", what, diff)
	}
}

func name(i int) string { return fmt.Sprintf("room-%02d", i) }

// replayedWhole is replayed over a log whose beginning the host has let go.
func (b *bed) replayedWhole(t *testing.T, offset int64) map[string]digest.Hash {
	t.Helper()
	b.log.setRetained(map[place]int64{})
	return b.replayed(t, offset)
}
