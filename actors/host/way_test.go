package host

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// tape appends one live record of an instrument: its definition, quotes and trades.
func (b *bed) tape(ingest time.Time, id string, ticks []events.Tick, evs ...*outcryv1.TapeEvent) events.Position {
	h := events.Header{Source: "feed", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: ingest.UnixNano()}
	for i := range evs {
		ticks = append(ticks, events.Tick{Kind: events.EventTick, Ref: uint32(i)})
	}
	return b.batch(&events.Batch{Header: h, Instruments: []events.Group{{Instrument: id, Ticks: ticks, Events: evs}}})
}

func definition(seq uint64) *outcryv1.TapeEvent {
	return &outcryv1.TapeEvent{SourceSeq: seq, Event: &outcryv1.TapeEvent_Definition{
		Definition: &outcryv1.Definition{PriceExponent: -2, Currency: "USD", Calendar: "24x7"}}}
}

func trade(seq uint64, at time.Time, price int64) events.Tick {
	return events.Tick{Kind: events.TradeTick, SourceSeq: seq, EventTime: at.UnixNano(), Price: price, Size: 3, Side: uint8(outcryv1.Side_SIDE_BUY)}
}

// tapeSink keeps what an instrument's sink was told.
type tapeSink struct {
	views  []instrument.View
	trades []instrument.SequencedTrade
	closed []instrument.ClosedBar
}

func (s *tapeSink) AttachInstrument(v *instrument.View, _ [instrument.Resolutions][]instrument.Bar) {
	s.views = append(s.views, *v)
}

func (s *tapeSink) ChangeInstrument(v *instrument.View, f *instrument.Facts) {
	s.views = append(s.views, *v)
	s.trades = append(s.trades, f.Trades...)
	s.closed = append(s.closed, f.Closed...)
}

// A price that is in the log but on no screen, in no bar or in no row would be a lie by omission.
func TestOneTickReachesSinkBarsAndRows(t *testing.T) {
	b := newBed()
	c := b.config()
	h := b.start(t, c)
	sink := &tapeSink{}
	h.WatchInstrument("AAPL", instrument.WantTrades|instrument.WantBars, sink)
	noon := time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC)
	folded(t, h, b.tape(noon, "AAPL", nil, definition(1)))
	folded(t, h, b.tape(noon.Add(time.Second), "AAPL", []events.Tick{trade(2, noon.Add(time.Second), 10_050), trade(3, noon.Add(time.Second), 10_070)}))
	// The log's time passes the first bar's end and its grace.
	p := b.tape(noon.Add(10*time.Second), "AAPL", []events.Tick{trade(4, noon.Add(10*time.Second), 10_060), trade(2, noon, 1)})
	if got := folded(t, h, p); got.Accepted != 1 || got.Duplicates != 1 {
		t.Errorf("counts %+v", got)
	}
	bad := b.tape(noon.Add(11*time.Second), "UNKNOWN", []events.Tick{trade(77, noon, 1)})
	if got := folded(t, h, bad); got.Refused != 1 || got.Refusals[0].SourceSeq != 77 || got.Refusals[0].Entity != "UNKNOWN" {
		t.Errorf("refused %+v", got)
	}
	if err := h.Instrument(t.Context(), "AAPL", func(s *instrument.State) {
		var v instrument.View
		if s.View(&v); v.Trade.Price != 10_060 || v.Stats.Volume != 9 {
			t.Errorf("the state shows %+v", v)
		}
	}); err != nil {
		t.Error(err)
	}
	b.stop(t, h)
	checkTold(t, sink)
	checkRows(t, b)
}

func checkTold(t *testing.T, sink *tapeSink) {
	t.Helper()
	if sink.views[0].Defined {
		t.Error("attached to an instrument that was not defined yet")
	}
	last := sink.views[len(sink.views)-1]
	if last.Trade.Price != 10_060 || !last.HasBar[instrument.Second] || last.Bars[instrument.Second].Open != 10_060 {
		t.Errorf("newest view %+v", last)
	}
	var prices []int64
	for _, tr := range sink.trades {
		prices = append(prices, tr.Trade.Price)
	}
	if diff := cmp.Diff([]int64{10_050, 10_070, 10_060}, prices); diff != "" {
		t.Error("trades", diff)
	}
	if len(sink.closed) != 1 || sink.closed[0].Bar.Close != 10_070 || sink.closed[0].Resolution != instrument.Second {
		t.Errorf("closed %+v", sink.closed)
	}
}

func checkRows(t *testing.T, b *bed) {
	t.Helper()
	rows := b.store.rows()
	newest := map[string]*outcryv1.Bar{} // by resolution and state
	for _, bar := range rows.Bars {
		newest[bar.GetResolution().String()+" "+bar.GetState().String()] = bar
	}
	closed := newest["RESOLUTION_1S BAR_STATE_CLOSED"]
	want := &outcryv1.Bar{Open: 10_050, High: 10_070, Low: 10_050, Close: 10_070, Volume: 6, Trades: 2}
	got := &outcryv1.Bar{Open: closed.GetOpen(), High: closed.GetHigh(), Low: closed.GetLow(), Close: closed.GetClose(), Volume: closed.GetVolume(), Trades: closed.GetTrades()}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error("the closed bar", diff)
	}
	for _, resolution := range []string{"RESOLUTION_1S", "RESOLUTION_1M"} {
		if newest[resolution+" BAR_STATE_FORMING"].GetClose() != 10_060 {
			t.Errorf("the forming bar of %s is %v", resolution, newest[resolution+" BAR_STATE_FORMING"])
		}
	}
	latest := map[string]*outcryv1.Latest{}
	for _, l := range rows.Latest {
		latest[l.GetInstrument()] = l
	}
	if latest["AAPL"].GetTrade().GetPrice() != 10_060 || latest["AAPL"].GetStats().GetVolume() != 9 {
		t.Errorf("latest is %v", latest["AAPL"])
	}
}

// An instrument that goes quiet between two flushes must not keep an old price in the store.
func TestLatestRowOfAPassivatedInstrumentIsWritten(t *testing.T) {
	b := newBed()
	c := b.config()
	c.IdleAfter, c.FlushEvery, c.CheckpointEvery = time.Second, time.Hour, 24*time.Hour
	h := b.start(t, c)
	noon := time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC)
	b.tape(noon, "A", nil, definition(1))
	b.tape(noon, "A", []events.Tick{trade(2, noon, 5)})
	folded(t, h, b.tape(noon.Add(time.Hour), "B", nil, definition(1)))
	b.tape(noon.Add(time.Hour+time.Second), "B", []events.Tick{trade(2, noon.Add(time.Hour), 7)})
	b.stop(t, h)
	for _, l := range b.store.rows().Latest {
		if l.GetInstrument() == "A" && l.GetTrade().GetPrice() == 5 {
			return
		}
	}
	t.Errorf("no row shows the last price: %v", b.store.rows().Latest)
}

// Instruments must come back from a checkpoint as the log alone would make them.
func TestInstrumentsRestoredEqualReplayed(t *testing.T) {
	b := newBed()
	c := b.config()
	c.CheckpointEvery, c.IdleAfter = 7*time.Second, 3*time.Second
	noon := time.Date(2024, 8, 8, 12, 0, 0, 0, time.UTC)
	h := b.start(t, c)
	ids := []string{"A", "B", "C", "D", "E"}
	for i, id := range ids {
		b.tape(noon.Add(time.Duration(i)), id, nil, definition(1))
	}
	var last events.Position
	for i := range 400 {
		at := noon.Add(time.Duration(i) * 300 * time.Millisecond)
		id := ids[i%7%5]
		last = b.tape(at, id, []events.Tick{trade(uint64(10+i), at.Add(-time.Duration(i%5)*time.Second), int64(1000+i%13))})
		if i == 200 {
			folded(t, h, last)
			b.stop(t, h)
			h = b.start(t, c)
		}
	}
	folded(t, h, last)
	offset, live, err := h.Hashes(t.Context(), events.Instrument, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.stop(t, h)
	b.log.setRetained(map[place]int64{})
	got, err := Replay(t.Context(), b.log, events.Instrument, 0, nil, nil, offset, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "replayed", got, live)
}
