package gatewaytest

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// minutes are the bars that the floor's own fold has made.
func (f *Floor) minutes(id string) map[int64]*outcryv1.Bar {
	f.mu.Lock()
	defer f.mu.Unlock()
	bars := map[int64]*outcryv1.Bar{}
	for _, b := range f.instruments[id].state.Bars(instrument.Minute, nil) {
		bars[b.Time] = b.Proto("", instrument.Minute)
	}
	return bars
}

// byTrades are the fields of a bar that its trades decide; the others are how it stands with the server.
func byTrades(bars map[int64]*outcryv1.Bar) map[int64]*outcryv1.Bar {
	all := map[int64]*outcryv1.Bar{}
	for at, b := range bars {
		all[at] = proto.Clone(b).(*outcryv1.Bar)
		all[at].State, all[at].Revision, all[at].BarSeq, all[at].ClockUs, all[at].Dirty = 0, 0, 0, 0, false
	}
	return all
}

// session prints trades from one second of the test's day to another, some late, several a record.
func (h *house) session(id string, r *rand.Rand, from, to int64) {
	for at := from; at < to; at += r.Int64N(9) {
		var trades []events.Tick
		for range 1 + r.IntN(4) {
			trades = append(trades, events.Tick{EventTime: (day+at-r.Int64N(90))*int64(time.Second) + r.Int64N(3),
				Price: 1000 + r.Int64N(200), Size: 1 + r.Int64N(500), Side: uint8(r.IntN(3))})
		}
		h.Prints(id, trades...)
		if r.IntN(3) == 0 {
			h.Quote(id, at, at+1)
		}
	}
}

// A chart that a client draws from conflated updates must be the server's chart, to the
// last trade, whatever the client was late for.
func clientBars(t *testing.T, h *house) {
	r := rand.New(rand.NewPCG(6, 1))
	h.pit()
	h.Define("B")
	p := h.connect(t, "")
	own := newLedger(t)
	p.granted(&outcryv1.Subscription{Topic: quotes("B"), MaxPerSecond: 20}, after(talk("pit"), 0))
	p.frame("snapshot", func(f *outcryv1.ServerFrame) bool {
		if f.GetUpdate() != nil {
			own.take(f.GetUpdate())
		}
		return own.began > 0
	})
	// Reading on as it comes, then standing still for half an hour of trades, twice.
	for round := range int64(2) {
		begin := 300 + round*3000
		for at := begin; at < begin+900; at += 30 {
			h.session("B", r, at, at+30)
			p.barrierWith(at, own.of("B"))
		}
		h.stall(t)
		h.session("B", r, begin+900, begin+2700)
		p.ledgerUntil(own, "B", h.seq("B"))
	}
	if own.gap || own.earlier > 0 || own.merged < own.updates {
		t.Errorf("gap=%v, %d trades not told apart, %d events merged into %d updates", own.gap, own.earlier, own.merged, own.updates)
	}
	if diff := cmp.Diff(byTrades(h.minutes("B")), own.bars, protocmp.Transform()); diff != "" {
		t.Errorf("the client's bars are not the server's: %s", diff)
	}
}

// Whoever was away for longer than minutes are told apart must learn that its bars are
// to be read, and its sums must still be right.
func clientBarsOfALongStall(t *testing.T, h *house) {
	r := rand.New(rand.NewPCG(6, 2))
	h.pit()
	h.Define("B")
	p := h.connect(t, "")
	own := newLedger(t)
	p.granted(to(quotes("B")), after(talk("pit"), 0))
	p.ledgerUntil(own, "B", h.seq("B"))
	h.stall(t)
	h.session("B", r, 300, 3*3600)
	var earlier []*outcryv1.Bar // one, or more where the connection took something meanwhile
	p.frame("newest version", func(f *outcryv1.ServerFrame) bool {
		if f.GetUpdate() != nil {
			own.take(f.GetUpdate())
			if bar := f.GetUpdate().GetMerged().GetEarlier(); bar != nil {
				earlier = append(earlier, bar)
			}
		}
		return own.seq == h.seq("B")
	})
	p.Cut() // it has still much to read
	got, want := own.sum(), h.tradesAfter("B", own.began)
	if own.earlier == 0 || own.earlier == want.trades {
		t.Fatalf("%d of %d trades are not told apart", own.earlier, want.trades)
	}
	mine := h.minutes("B")
	for _, bar := range earlier {
		got.addBar(bar)
		for _, bars := range []map[int64]*outcryv1.Bar{mine, own.bars} {
			maps.DeleteFunc(bars, func(at int64, _ *outcryv1.Bar) bool { return at <= bar.GetTime() })
		}
	}
	if got != want {
		t.Errorf("the client has %+v, the market had %+v", got, want)
	}
	if diff := cmp.Diff(byTrades(mine), own.bars, protocmp.Transform()); diff != "" {
		t.Errorf("the client's newest bars are not the server's: %s", diff)
	}
}
