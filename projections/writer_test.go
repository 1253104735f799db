package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// memory is a store that remembers what was written, and refuses while broken is not nil.
type memory struct {
	Store
	written []*Rows
	at      []time.Time
	broken  error
	block   chan struct{} // when not nil, Write waits for it or for its context
}

func (m *memory) Write(ctx context.Context, rows *Rows) error {
	if m.block != nil {
		select {
		case <-m.block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if m.broken != nil {
		return m.broken
	}
	m.written = append(m.written, rows)
	m.at = append(m.at, time.Now())
	return nil
}

// started runs a writer inside a synctest bubble; stop ends it and gives Run's error.
func started(store Store, c WriterConfig) (w *Writer, stop func() error) {
	w = NewWriter(store, c)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	return w, func() error { cancel(); return <-done }
}

func latest(id string, clock int64) *Rows {
	return &Rows{Latest: []*outcryv1.Latest{{Instrument: id, ClockUs: clock}}}
}

func add(t *testing.T, w *Writer, rows *Rows, stored func()) {
	t.Helper()
	if err := w.Add(t.Context(), rows, stored); err != nil {
		t.Fatal(err)
	}
}

// A hundred changes of a price in one second would cost a hundred writes.
func TestRowsOfOneKeyAreWrittenOnceASecondWithTheNewestVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		w, stop := started(store, WriterConfig{})
		start := time.Now()
		stored := 0
		for i := range 100 {
			add(t, w, latest("A", int64(i)), func() { stored++ })
			add(t, w, latest("B", 100-int64(i)), nil)
		}
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		if len(store.written) != 0 {
			t.Fatal("written before a second had passed")
		}
		time.Sleep(101 * time.Millisecond)
		synctest.Wait()
		if stored != 100 {
			t.Errorf("%d of 100 handovers were told that they are stored", stored)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		want := []*Rows{{Latest: []*outcryv1.Latest{{Instrument: "A", ClockUs: 99}, {Instrument: "B", ClockUs: 100}}}}
		if diff := cmp.Diff(want, store.written, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		if took := store.at[0].Sub(start); took != time.Second {
			t.Errorf("written after %v", took)
		}
	})
}

// A reader who finds one row must find all that came before it: order is never changed, nor a handover divided.
func TestBatchesKeepTheOrderAndWholeHandovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		w, stop := started(store, WriterConfig{BatchRows: 4})
		for i := range 5 {
			rows := &Rows{}
			for seq := range 3 {
				rows.Messages = append(rows.Messages, &outcryv1.Message{Room: "r", Seq: uint64(3*i + seq)})
			}
			add(t, w, rows, nil)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		next := uint64(0)
		for _, rows := range store.written {
			if len(rows.Messages) != 3 {
				t.Errorf("a transaction of %d rows", len(rows.Messages))
			}
			for _, m := range rows.Messages {
				if m.Seq != next {
					t.Fatalf("message %d came where %d was due", m.Seq, next)
				}
				next++
			}
		}
		if next != 15 {
			t.Errorf("%d messages of 15", next)
		}
	})
}

// A stop waits for its checkpoint; it should not wait a second for nothing.
func TestACheckpointIsWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		w, stop := started(store, WriterConfig{})
		start := time.Now()
		stored := make(chan struct{})
		add(t, w, &Rows{Checkpoints: []Checkpoint{{Offset: 7}}}, func() { close(stored) })
		<-stored
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// A disk that is full for a minute must cost nobody a row.
func TestAfterAnOutageEverythingIsWrittenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{broken: errors.New("disk full")}
		var failures []string
		w, stop := started(store, WriterConfig{Observer: Observer{WriteFailed: func(err error, attempt, waiting int) {
			failures = append(failures, fmt.Sprint(attempt, " ", waiting, " ", err))
		}}})
		stored := 0
		add(t, w, latest("A", 1), func() { stored++ })
		time.Sleep(60 * time.Second)
		synctest.Wait()
		add(t, w, latest("B", 1), func() { stored++ })
		if stored != 0 || len(failures) < 10 || len(failures) > 30 {
			t.Fatalf("%d stored, %d failures in a minute", stored, len(failures))
		}
		if failures[1] != "2 1 disk full" {
			t.Errorf("told %q", failures[1])
		}
		store.broken = nil
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if stored != 2 {
			t.Errorf("%d of 2 stored", stored)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if len(store.written) != 2 || store.written[0].Latest[0].Instrument != "A" {
			t.Errorf("wrote %v", store.written)
		}
	})
}

// The queue's bound is what keeps a dead store from eating all memory.
func TestAddWaitsWhileTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{block: make(chan struct{})}
		w, stop := started(store, WriterConfig{QueueRows: 3})
		for i := range 3 {
			add(t, w, latest("A", int64(i)), nil)
		}
		synctest.Wait() // being written, and not yet out of the queue

		impatient, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.Add(impatient, latest("B", 1), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a full queue answered %v", err)
		}
		big := &Rows{}
		for i := range 10 { // larger than the queue: alone in it
			big.Rooms = append(big.Rooms, &outcryv1.Room{Room: fmt.Sprint(i)})
		}
		added := make(chan error, 1)
		go func() { added <- w.Add(t.Context(), big, nil) }()
		synctest.Wait()
		select {
		case err := <-added:
			t.Fatalf("taken into a full queue: %v", err)
		default:
		}
		close(store.block)
		if err := <-added; err != nil {
			t.Fatal(err)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if len(store.written) != 2 || len(store.written[1].Rooms) != 10 {
			t.Errorf("wrote %v", store.written)
		}
	})
}

// Rows handed over before the end are promised; after it, saying yes would be a lie.
func TestTheEndDrainsAndThenRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		w, stop := started(store, WriterConfig{})
		add(t, w, latest("A", 1), nil)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if len(store.written) != 1 {
			t.Errorf("%d transactions", len(store.written))
		}
		if err := w.Add(t.Context(), latest("A", 2), nil); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end Add says %v", err)
		}
	})
}

// A store that hangs must not keep the process from stopping, and the loss must be said.
func TestDrainingGivesUpAfterItsTimeoutAndSaysHowMuchIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{block: make(chan struct{})}
		w, stop := started(store, WriterConfig{DrainTimeout: 3 * time.Second})
		add(t, w, latest("A", 1), func() { t.Error("told that it is stored") })
		add(t, w, latest("B", 1), nil)
		start := time.Now()
		err := stop()
		if err == nil || !strings.Contains(err.Error(), "2 are not stored") {
			t.Errorf("Run says %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("gave up after %v", took)
		}
	})
}

// A restated bar must not be marked by the doubt that it answers.
func TestABarAfterItsMarkWaitsForTheNextTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		w, stop := started(store, WriterConfig{})
		bar := func(clock int64) *Rows {
			return &Rows{Bars: []*outcryv1.Bar{{Instrument: "A", Resolution: outcryv1.Resolution_RESOLUTION_1M, Time: 60, ClockUs: clock}}}
		}
		mark := &Rows{Dirty: []DirtyBar{{"A", outcryv1.Resolution_RESOLUTION_1M, 60, 1}}}
		for _, rows := range []*Rows{bar(1), mark, mark, bar(2)} {
			add(t, w, rows, nil)
		}
		start := time.Now()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		want := []*Rows{{Bars: bar(1).Bars, Dirty: mark.Dirty}, bar(2)}
		if diff := cmp.Diff(want, store.written, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		if late := store.at[1].Sub(start); late != time.Second {
			t.Errorf("the second transaction came after %v", late)
		}
	})
}
