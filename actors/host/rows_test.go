package host

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Ten thousand instruments would write as many rows again for bars that stayed as they
// were; and a bar that moved and is not written is missing after a crash.
func TestAFormingBarIsGatheredWhenItMoved(t *testing.T) {
	r := Config{}.rulesOf(events.Instrument).(*instrumentRules)
	st := r.fresh("X").(*instrumentState)
	at := time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC).UnixNano()
	seq := uint64(0)
	fold := func(ticks ...events.Tick) {
		seq++
		for i := range ticks {
			ticks[i].SourceSeq, ticks[i].EventTime, ticks[i].Size = seq, at, 1
		}
		b := &events.Batch{Header: events.Header{Source: "s", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: at}, Instruments: []events.Group{{Instrument: "X", Ticks: ticks}}}
		if ticks == nil {
			b.Instruments[0].Ticks = []events.Tick{{Kind: events.EventTick}}
			b.Instruments[0].Events = []*outcryv1.TapeEvent{definition(1)}
		}
		r.begin(nil)
		st.fold(b, 0)
	}
	gathered := func() (latest, bars int) {
		rows := &projections.Rows{}
		r.latest("X", st, rows)
		return len(rows.Latest), len(rows.Bars)
	}
	fold()
	for i, step := range []struct {
		tick events.Tick
		bars int
	}{
		{events.Tick{Kind: events.TradeTick, Price: 100}, 2},
		{events.Tick{Kind: events.QuoteTick, Price: 99, AskPrice: 101, AskSize: 1}, 0},
		{events.Tick{Kind: events.TradeTick, Price: 100}, 2},
	} {
		fold(step.tick)
		if latest, bars := gathered(); latest != 1 || bars != step.bars {
			t.Errorf("step %d: %d latest rows and %d bars, want 1 and %d", i, latest, bars, step.bars)
		}
	}
}

// Breaks for users: who turned bars of 1s off still pays for them, has marks on bars
// that are not there, or misses bars of 1m.
func TestWithoutSecondBarsTheRestStays(t *testing.T) {
	var all [2]projections.Rows
	for i, without := range []bool{false, true} {
		r := Config{WithoutSecondBars: without}.rulesOf(events.Instrument).(*instrumentRules)
		st := r.fresh("X").(*instrumentState)
		at := time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC).UnixNano()
		for n := range 200 { // more than the state keeps, and then one that comes too late
			event := at + int64(n)*int64(time.Minute)
			if n == 199 {
				event = at
			}
			b := &events.Batch{Header: events.Header{Source: "s", Mode: outcryv1.Mode_MODE_IMPORT, IngestTime: at + int64(n)}, Instruments: []events.Group{{Instrument: "X",
				Ticks: []events.Tick{{Kind: events.TradeTick, SourceSeq: uint64(n + 2), EventTime: event, Price: 100, Size: 1}}}}}
			if n == 0 {
				b.Instruments[0].Ticks = append([]events.Tick{{Kind: events.EventTick}}, b.Instruments[0].Ticks...)
				b.Instruments[0].Events = []*outcryv1.TapeEvent{definition(1)}
			}
			r.begin(nil)
			st.fold(b, 0)
			r.rows("X", st, &all[i])
			r.latest("X", st, &all[i])
		}
	}
	minutes := func(r projections.Rows) (kept projections.Rows, seconds int) {
		for _, b := range r.Bars {
			if b.Resolution == outcryv1.Resolution_RESOLUTION_1S {
				seconds++
			} else {
				kept.Bars = append(kept.Bars, b)
			}
		}
		for _, d := range r.Dirty {
			if d.Resolution == outcryv1.Resolution_RESOLUTION_1S {
				seconds++
			} else {
				kept.Dirty = append(kept.Dirty, d)
			}
		}
		kept.Latest, kept.Blocks = r.Latest, r.Blocks
		return kept, seconds
	}
	with, before := minutes(all[0])
	without, after := minutes(all[1])
	if before < 200 || after != 0 || len(with.Dirty) != 1 {
		t.Errorf("%d rows of seconds with them, %d without; %d marks on minutes", before, after, len(with.Dirty))
	}
	if diff := cmp.Diff(with, without, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// Rows must not be older than is said, whichever shard they come from: latest ones two
// intervals, all others one.
func TestEveryShardFlushesWithinTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		c := b.config()
		c.FlushEvery = time.Second
		h := b.start(t, c)
		p := b.say("x", "pit")
		ev := definition(1)
		q := b.batch(&events.Batch{Header: events.Header{IngestTime: b.now}, Instruments: []events.Group{{Instrument: "X",
			Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{ev}}}})
		folded(t, h, p)
		folded(t, h, q)
		time.Sleep(time.Second)
		synctest.Wait()
		if rows := b.store.rows(); len(rows.Latest) != 0 || len(rows.Messages) == 0 {
			t.Errorf("after a second %d latest rows, %d messages", len(rows.Latest), len(rows.Messages))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if rows := b.store.rows(); len(rows.Latest) != 1 {
			t.Errorf("after two seconds %d latest rows", len(rows.Latest))
		}
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
