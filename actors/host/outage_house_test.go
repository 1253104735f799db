package host

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/events"
	"outcry/projections"
)

// outage is a host whose store can be away: a log, the writer and the doubles, inside a bubble of time.
type outage struct {
	*bed
	t       *testing.T
	store   *outageStore
	writer  *projections.Writer
	host    *Host
	running sync.WaitGroup
	end     context.CancelFunc
	clock   time.Time // of the tape
	n       uint64    // source sequence
	last    [2]events.Position
	owing   chan int64
	paid    chan int64
	made    chan int64 // checkpoints of instruments
}

// rowsWaiting is the writer's bound in these tests: an outage of some seconds fills it.
const rowsWaiting = 1000

func newOutage(t *testing.T) *outage {
	o := &outage{bed: newBed(), t: t, store: newOutageStore(), clock: time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC),
		owing: make(chan int64, 1000), paid: make(chan int64, 1000), made: make(chan int64, 10_000)}
	for i := range 3 {
		o.n++
		o.tape(o.clock, instrumentName(i), nil, definition(o.n))
	}
	return o
}

func instrumentName(i int) string { return string(rune('A' + i)) }

func (o *outage) open() {
	o.t.Helper()
	o.writer = projections.NewWriter(o.store, projections.WriterConfig{QueueRows: rowsWaiting, BatchRows: 100})
	var ctx context.Context
	ctx, o.end = context.WithCancel(context.Background())
	o.running.Go(func() { _ = o.writer.Run(ctx) })
	c := o.config()
	c.Rows, c.Checkpoints = o.writer, o.store
	c.CheckpointEvery, c.IdleAfter = 7*time.Second, 3*time.Second
	instruments := func(k events.Kind) bool { return k == events.Instrument }
	c.Observer = Observer{
		Owing: func(k events.Kind, _ int32, after int64) {
			if instruments(k) {
				o.owing <- after
			}
		},
		RowsCaughtUp: func(k events.Kind, _ int32, _, until int64) {
			if instruments(k) {
				o.paid <- until
			}
		},
		Checkpoint: func(k events.Kind, _ int32, offset int64, _, _ int) {
			if instruments(k) {
				o.made <- offset
			}
		},
	}
	h, err := Start(context.Background(), c)
	if err != nil {
		o.t.Fatal(err)
	}
	o.host = h
	<-h.Ready()
}

// close stops kindly.
func (o *outage) close() {
	o.t.Helper()
	if err := o.host.Stop(context.Background()); err != nil {
		o.t.Error(err)
	}
	o.end()
	o.running.Wait()
}

// settled ends the day and waits until the store is owed nothing. Which bars that are
// past their end and not yet closed have rows depends on when they were looked at, so all are closed.
func (o *outage) settled() {
	o.clock = o.clock.Add(5 * time.Minute)
	o.tradeAndPush(3) // one each
	for o.host.Owed(time.Now()).Shards > 0 {
		time.Sleep(time.Second)
	}
}

// kill ends as a process that is killed: nothing more reaches the store.
func (o *outage) kill() {
	o.store.turn(fails)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = o.host.Stop(ctx)
	o.end()
	o.running.Wait()
	o.store.turn(well)
}

// trade appends n records of 100 ms each: trades in order, some of them late by
// more bars than the state keeps, and talk.
func (o *outage) trade(n int) {
	for range n {
		o.n++
		o.clock = o.clock.Add(100 * time.Millisecond)
		i := int(o.n % 3)
		late := time.Duration(0)
		if i < 2 && o.n%17 == 0 { // C's come in order
			late = 150 * time.Second
		}
		o.last[0] = o.tape(o.clock, instrumentName(i), []events.Tick{trade(o.n, o.clock.Add(-late), int64(1000+o.n%13))})
		o.last[1] = o.say(fmt.Sprint(o.n), "pit")
		time.Sleep(10 * time.Millisecond) // the bubble's time; the tape's runs ten times as fast
	}
}

// tradeAndPush demands that what was appended is folded and pushed without any time passing.
func (o *outage) tradeAndPush(n int) {
	o.t.Helper()
	o.trade(n)
	start := time.Now()
	folded(o.t, o.host, o.last[0])
	folded(o.t, o.host, o.last[1])
	if waited := time.Since(start); waited != 0 {
		o.t.Errorf("a record waited %v for the store", waited)
	}
}

// oracle is what a house without any trouble makes of the same log.
func (o *outage) oracle() tables {
	o.t.Helper()
	calm := &outage{bed: &bed{log: o.log, now: o.now}, t: o.t, store: newOutageStore(), made: make(chan int64, 10_000)}
	calm.log.setRetained(map[place]int64{})
	calm.open()
	folded(o.t, calm.host, o.last[0])
	folded(o.t, calm.host, o.last[1])
	time.Sleep(5 * time.Second)
	calm.close()
	return calm.store.now()
}

func (o *outage) sameAsOracle() {
	o.t.Helper()
	want := o.oracle()
	if len(want.Dirty) == 0 || len(want.Bars) < 100 || len(want.Messages) < 100 {
		o.t.Fatalf("the oracle has %d bars, %d marks, %d messages", len(want.Bars), len(want.Dirty), len(want.Messages))
	}
	got := o.store.now()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		o.t.Errorf("rows differ from those of a house without trouble (-want +got):\n%.3000s", diff)
	}
}
