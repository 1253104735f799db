package projectionstest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Run checks a store. open gives an empty one each time; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) projections.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, projections.Store)
	}{
		{"latest rows come back whole, in the order asked", latestWhole},
		{"instruments are listed by id, searched and paged", instrumentsPaged},
		{"bars come back whole, from both ends of a range", barsWhole},
		{"closed bars are read on by bar_seq", barsAfter},
		{"a mark makes a bar dirty until a newer version comes", dirtyBars},
		{"blocks come back byte for byte, from any seq", blocks},
		{"messages come back whole, whatever they are", messagesWhole},
		{"messages are paged by seq in both directions", messagesPaged},
		{"members are listed with those who left", members},
		{"rooms are listed for all and for each user", rooms},
		{"checkpoints and parts come back, newest first", checkpoints},
		{"pruning keeps what the kept checkpoints need", prune},
		{"a refused write leaves nothing behind", allOrNothing},
		{"an ended context ends calls", endedContext},
		{"limits below one give nothing", limits},
		{"readers beside a writer see whole transactions", concurrency},
		{"shuffled and repeated versions give the same answers", anyOrder},
		{"bars of 1s are not stored behind a hole", secondBars},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := open(t)
			defer func() {
				if err := store.Close(); err != nil {
					t.Errorf("closing: %v", err)
				}
			}()
			c.test(t, store)
		})
	}
}

const (
	second = outcryv1.Resolution_RESOLUTION_1S
	minute = outcryv1.Resolution_RESOLUTION_1M
)

func write(t testing.TB, s projections.Store, rows *projections.Rows) {
	t.Helper()
	if err := s.Write(context.Background(), rows); err != nil {
		t.Fatalf("writing: %v", err)
	}
}

// same compares an answer; it takes the call's two results after what is wanted.
func same[A any](t testing.TB, want A, got func() (A, error)) {
	t.Helper()
	answer, err := got()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, answer, protocmp.Transform()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// A bar that cannot be kept must not take half of its transaction with it.
func allOrNothing(t *testing.T, s projections.Store) {
	err := s.Write(t.Context(), &projections.Rows{
		Latest: []*outcryv1.Latest{{Instrument: "A"}},
		Bars:   []*outcryv1.Bar{bar("A", minute, 60, 1), {Instrument: "A", Resolution: outcryv1.Resolution_RESOLUTION_1D}},
		Rooms:  []*outcryv1.Room{{Room: "r"}},
	})
	if err == nil {
		t.Fatal("a daily bar was taken")
	}
	same(t, nil, func() ([]*outcryv1.Latest, error) { return s.Instruments(t.Context(), "", "", 10) })
	same(t, nil, func() ([]*outcryv1.Bar, error) { return s.Bars(t.Context(), all("A", minute)) })
	same(t, nil, func() ([]*outcryv1.Room, error) { return s.Rooms(t.Context(), "", "", 10) })
	write(t, s, &projections.Rows{Rooms: []*outcryv1.Room{{Room: "r"}}}) // and the store still works
}

// A client that went away must not keep the store busy.
func endedContext(t *testing.T, s projections.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"Write": func() error {
			return s.Write(ctx, &projections.Rows{Rooms: []*outcryv1.Room{{Room: "r"}}})
		},
		"Latest":      func() error { _, err := s.Latest(ctx, []string{"A"}); return err },
		"Instruments": func() error { _, err := s.Instruments(ctx, "", "", 1); return err },
		"Bars":        func() error { _, err := s.Bars(ctx, all("A", minute)); return err },
		"BarsAfter":   func() error { _, err := s.BarsAfter(ctx, "A", minute, 0, 1); return err },
		"Blocks":      func() error { _, err := s.Blocks(ctx, "A", 0, 1); return err },
		"Messages":    func() error { _, err := s.Messages(ctx, "r", 0, 0, 1, true); return err },
		"Message":     func() error { _, err := s.Message(ctx, "r", 1); return err },
		"Members":     func() error { _, err := s.Members(ctx, "r", "", 1); return err },
		"Rooms":       func() error { _, err := s.Rooms(ctx, "u", "", 1); return err },
		"Room":        func() error { _, err := s.Room(ctx, "r"); return err },
		"Checkpoints": func() error { _, err := s.Checkpoints(ctx, shard.Kind, shard.Partition); return err },
		"Part":        func() error { _, err := s.Part(ctx, shard); return err },
		"Prune":       func() error { return s.Prune(ctx, shard.Kind, shard.Partition, 1) },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, nil, func() (*outcryv1.Room, error) { return s.Room(t.Context(), "r") })
}

// A negative limit that means "everything" is a way to ask for too much.
func limits(t *testing.T, s projections.Store) {
	write(t, s, &projections.Rows{
		Latest: []*outcryv1.Latest{{Instrument: "A"}}, Bars: []*outcryv1.Bar{bar("A", minute, 60, 1)},
		Blocks:   []*outcryv1.TickBlock{{Instrument: "A", FirstSeq: 1, LastSeq: 2}},
		Messages: []*outcryv1.Message{{Room: "r", Seq: 1, ChangeSeq: 1}},
		Members:  []*outcryv1.Member{{Room: "r", User: "u", Present: true}}, Rooms: []*outcryv1.Room{{Room: "r"}},
	})
	for _, limit := range []int{0, -1} {
		query := all("A", minute)
		query.Limit = limit
		same(t, nil, func() ([]*outcryv1.Latest, error) { return s.Instruments(t.Context(), "", "", limit) })
		same(t, nil, func() ([]*outcryv1.Bar, error) { return s.Bars(t.Context(), query) })
		same(t, nil, func() ([]*outcryv1.Bar, error) { return s.BarsAfter(t.Context(), "A", minute, 0, limit) })
		same(t, nil, func() ([]*outcryv1.TickBlock, error) { return s.Blocks(t.Context(), "A", 0, limit) })
		same(t, nil, func() ([]*outcryv1.Message, error) { return s.Messages(t.Context(), "r", 0, 0, limit, true) })
		same(t, nil, func() ([]*outcryv1.Member, error) { return s.Members(t.Context(), "r", "", limit) })
		same(t, nil, func() ([]*outcryv1.Room, error) { return s.Rooms(t.Context(), "u", "", limit) })
	}
}

// Readers conclude from a room's row that its messages are there.
func concurrency(t *testing.T, s projections.Store) {
	const records, readers = 60, 4
	ctx := t.Context()
	written := make(chan struct{})
	faults := make(chan error, readers+1)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(written)
		for seq := uint64(1); seq <= records; seq++ {
			if err := s.Write(ctx, &projections.Rows{
				Messages: []*outcryv1.Message{{Room: "r", Seq: seq, ChangeSeq: seq}},
				Rooms:    []*outcryv1.Room{{Room: "r", HeadSeq: seq, ClockUs: int64(seq)}},
			}); err != nil {
				faults <- err
				return
			}
		}
	})
	for range readers {
		running.Go(func() {
			for done := false; !done; {
				select {
				case <-written:
					done = true // one last time
				default:
				}
				if err := headIsThere(ctx, s); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	running.Wait()
	close(faults)
	for err := range faults {
		t.Error(err)
	}
	same(t, &outcryv1.Room{Room: "r", HeadSeq: records, ClockUs: records}, func() (*outcryv1.Room, error) { return s.Room(ctx, "r") })
}

func headIsThere(ctx context.Context, s projections.Store) error {
	room, err := s.Room(ctx, "r")
	if room == nil || err != nil {
		return err
	}
	got, err := s.Messages(ctx, "r", 0, room.HeadSeq+1, 1000, false)
	if err != nil {
		return err
	}
	if uint64(len(got)) != room.HeadSeq {
		return fmt.Errorf("the room's head is %d, but %d messages are there", room.HeadSeq, len(got))
	}
	return nil
}
