package projections

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// typical are n rows of a kind, as actors make them.
var typical = map[string]func(n int) *Rows{
	"latest": func(n int) *Rows {
		r, d := &Rows{}, &outcryv1.Definition{Currency: "USD", Calendar: "24x7"}
		for i := range n {
			r.Latest = append(r.Latest, &outcryv1.Latest{Instrument: "A", Seq: uint64(i), Definition: d, Quote: &outcryv1.Quote{}, Trade: &outcryv1.Trade{}, Stats: &outcryv1.SessionStats{}})
		}
		return r
	},
	"bars": func(n int) *Rows {
		r := &Rows{}
		for i := range n {
			r.Bars = append(r.Bars, &outcryv1.Bar{Instrument: "A", Time: int64(i), Turnover: &outcryv1.Int128{Lo: uint64(i)}})
		}
		return r
	},
	"blocks": func(n int) *Rows {
		r := &Rows{}
		for i := range n {
			r.Blocks = append(r.Blocks, &outcryv1.TickBlock{Instrument: "A", FirstSeq: uint64(i), Data: make([]byte, 4000)})
		}
		return r
	},
	"messages": func(n int) *Rows {
		r := &Rows{}
		for i := range n {
			r.Messages = append(r.Messages, &outcryv1.Message{Room: "r", Seq: uint64(i), ClientMsgId: make([]byte, 16), Text: &outcryv1.Text{Data: make([]byte, 100)}})
		}
		return r
	},
	"members": func(n int) *Rows {
		r := &Rows{}
		for i := range n {
			r.Members = append(r.Members, &outcryv1.Member{Room: "r", User: "u", Seq: uint64(i)})
		}
		return r
	},
	"parts": func(n int) *Rows {
		r := &Rows{}
		for range n {
			r.Parts = append(r.Parts, Part{Data: make([]byte, 2000)})
		}
		return r
	},
}

// A bound on bytes that counts half of them lets a dead store take twice the memory that was given.
func TestTheEstimateOfBytesIsNearWhatRowsTake(t *testing.T) {
	const n = 20_000
	for kind, make := range typical {
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		rows := make(n)
		took := float64(heap() - before)
		share := float64(rows.Bytes()) / took
		t.Logf("%s: %.0f bytes a row, %.2f of it estimated", kind, took/n, share)
		if share < 0.8 || share > 2 {
			t.Errorf("%s: %d bytes are estimated, they take %.0f", kind, rows.Bytes(), took)
		}
		runtime.KeepAlive(rows)
	}
}

// What is offered on the way of an event must come back at once, and what was taken must be stored.
func TestOfferNeverWaitsAndRefusesWhatHasNoRoom(t *testing.T) {
	for name, bound := range map[string]WriterConfig{"rows": {QueueRows: 10}, "bytes": {QueueBytes: 10 * latestBytes}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &memory{block: make(chan struct{})}
				w, stop := started(store, bound)
				start, taken := time.Now(), 0
				for i := range 100 {
					ok, err := w.Offer(latest(fmt.Sprint(i), 1))
					if err != nil {
						t.Fatal(err)
					}
					if ok {
						taken++
					}
					synctest.Wait()
				}
				if taken != 10 || time.Since(start) != 0 {
					t.Errorf("%d were taken in %v", taken, time.Since(start))
				}
				if b := w.Backlog(); b.Rows != 10 || b.Bytes != 10*latestBytes {
					t.Errorf("%+v wait", b)
				}
				roomy := make(chan error, 1)
				go func() { roomy <- w.AwaitRoom(t.Context()) }()
				synctest.Wait()
				select {
				case <-roomy:
					t.Error("there is said to be room in a full queue")
				default:
				}
				close(store.block)
				if err := <-roomy; err != nil {
					t.Error(err)
				}
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				written := 0
				for _, rows := range store.written {
					written += rows.Len()
				}
				if written != taken {
					t.Errorf("%d of %d are stored", written, taken)
				}
				if ok, err := w.Offer(latest("A", 1)); ok || !errors.Is(err, ErrStopped) {
					t.Errorf("after the end: %v, %v", ok, err)
				}
				if err := w.AwaitRoom(context.Background()); !errors.Is(err, ErrStopped) {
					t.Errorf("after the end: %v", err)
				}
			})
		})
	}
}

// An operator sees how old the oldest row is that is not stored, and whether the store refuses.
func TestTheBacklogTellsLagAndRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{broken: errors.New("disk full")}
		w, stop := started(store, WriterConfig{})
		add(t, w, latest("A", 1), nil)
		time.Sleep(30 * time.Second)
		add(t, w, latest("B", 1), nil)
		if b := w.Backlog(); b.Lag != 30*time.Second || b.Writing <= 28*time.Second || b.Writing > b.Lag || !b.Refused || b.Rows != 2 {
			t.Errorf("during: %+v", b)
		}
		store.broken = nil
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if b := w.Backlog(); b != (Backlog{}) {
			t.Errorf("after: %+v", b)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
}
