package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// tape feeds quotes and trades at a rate, whatever becomes of log and store: a
// request without an answer is sent again as it was, and what was due
// meanwhile comes after it.
type tape struct {
	t      *testing.T
	client outcryv1connect.OutcryClient
	lanes  []*lane
	stop   func()
	resent atomic.Int64
}

// lane sends one request at a time, for instruments of its own.
type lane struct {
	*tape
	source string
	ids    []string
	bars   []map[int64]*tapeBar // by instrument and second
	events []uint64             // acknowledged, by instrument
	price  []int64
	r      *rand.Rand
	begun  time.Time
	rate   float64      // quotes a second
	sent   int          // quotes
	done   atomic.Int64 // quotes that are acknowledged
}

// tapeBar is a bar that this test keeps itself, from what was acknowledged.
type tapeBar struct{ open, high, low, close, volume, trades int64 }

const (
	tapeRate        = 20_000 // quotes a second
	tapeLanes       = 4
	tapeInstruments = 50    // a lane
	tapeRequest     = 2_000 // quotes at most; resending finds them all in the window of duplicates
	tapeTrade       = 20    // one trade to so many quotes
)

func playTape(t *testing.T, c outcryv1connect.OutcryClient, name string) *tape {
	ctx, cancel := context.WithCancel(context.Background())
	p := &tape{t: t, client: c}
	var running sync.WaitGroup
	p.stop = func() { cancel(); running.Wait() }
	for n := range tapeLanes {
		l := &lane{tape: p, source: fmt.Sprintf("%s-%d", name, n), r: rand.New(rand.NewPCG(uint64(n), 7)), rate: float64(tapeRate) / tapeLanes}
		for i := range tapeInstruments {
			l.ids = append(l.ids, fmt.Sprintf("TAPE:%s%d.%d", name, n, i))
			l.bars = append(l.bars, map[int64]*tapeBar{})
			l.price = append(l.price, 10_000)
		}
		l.events = make([]uint64, len(l.ids))
		l.define()
		p.lanes = append(p.lanes, l)
	}
	for _, l := range p.lanes {
		l.begun = time.Now()
		running.Go(func() { l.run(ctx) })
	}
	t.Cleanup(p.stop)
	return p
}

// define makes the instruments known, with two decimals of price.
func (l *lane) define() {
	r := &outcryv1.IngestRequest{Source: l.source, Epoch: "definitions", Mode: outcryv1.Mode_MODE_LIVE}
	for i, id := range l.ids {
		r.Events = append(r.Events, &outcryv1.IngestEvent{Id: id, Line: uint64(i + 1), Event: &outcryv1.IngestEvent_Tape{
			Tape: &outcryv1.TapeEvent{SourceSeq: uint64(i + 1), EventTimeNs: time.Now().UnixNano(), Event: &outcryv1.TapeEvent_Definition{
				Definition: &outcryv1.Definition{PriceExponent: -2, Calendar: "24x7"}}}}})
	}
	if a, err := l.client.Ingest(l.t.Context(), r); err != nil || a.Accepted != uint64(len(l.ids)) {
		l.t.Fatalf("defining instruments: %v, %v", a, err)
	}
}

// run sends what is due until ctx ends, and the last request until it is answered.
func (l *lane) run(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		due := int(time.Since(l.begun).Seconds()*l.rate) - l.sent
		if due < 20 {
			<-tick.C
			continue
		}
		l.deliver(l.request(min(due, tapeRequest)))
		l.done.Store(int64(l.sent))
	}
}

// request makes the next quotes and trades, each with the time at which it was due.
func (l *lane) request(quotes int) *outcryv1.IngestRequest {
	r := &outcryv1.IngestRequest{Source: l.source, Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE}
	for range quotes {
		i := l.sent % len(l.ids)
		at := l.begun.Add(time.Duration(float64(l.sent) / l.rate * 1e9)).UnixNano()
		l.sent++
		l.price[i] += l.r.Int64N(11) - 5
		bid, ask, size := l.price[i]-1, l.price[i]+1, l.r.Int64N(90)+1
		seq := uint64(l.sent) * 2
		r.Events = append(r.Events, &outcryv1.IngestEvent{Id: l.ids[i], Line: seq, Event: &outcryv1.IngestEvent_Quote{Quote: &outcryv1.Quote{
			SourceSeq: seq, EventTimeNs: at, BidPrice: &bid, AskPrice: &ask, BidSize: &size, AskSize: &size}}})
		if l.r.IntN(tapeTrade) == 0 {
			r.Events = append(r.Events, &outcryv1.IngestEvent{Id: l.ids[i], Line: seq + 1, Event: &outcryv1.IngestEvent_Trade{Trade: &outcryv1.Trade{
				SourceSeq: seq + 1, EventTimeNs: at, Price: l.price[i], Size: size, Side: outcryv1.Side_SIDE_BUY}}})
		}
	}
	return r
}

// deliver sends a request until all of it is in.
func (l *lane) deliver(r *outcryv1.IngestRequest) {
	for began := time.Now(); ; {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		a, err := l.client.Ingest(ctx, r)
		cancel()
		if err == nil && a.Late+a.Refused > 0 {
			l.t.Errorf("%s: %d late, %d refused: %v", l.source, a.Late, a.Refused, a.Refusals)
		}
		if err == nil {
			if got := a.Accepted + a.Duplicates + a.Late + a.Refused; got != uint64(len(r.Events)) {
				l.t.Errorf("%s: %d events, the answer speaks of %d", l.source, len(r.Events), got)
			}
			l.acknowledged(r)
			return
		}
		l.resent.Add(1)
		if time.Since(began) > 5*time.Minute {
			l.t.Errorf("%s: no answer in 5 minutes: %v", l.source, err)
			return
		}
		time.Sleep(50 * time.Millisecond) // a client's pause, not a wait for something
	}
}

func (l *lane) acknowledged(r *outcryv1.IngestRequest) {
	index := map[string]int{}
	for i, id := range l.ids {
		index[id] = i
	}
	for _, e := range r.Events {
		i := index[e.Id]
		l.events[i]++
		t := e.GetTrade()
		if t == nil {
			continue
		}
		second := t.EventTimeNs / 1e9
		b := l.bars[i][second]
		if b == nil {
			b = &tapeBar{open: t.Price, high: t.Price, low: t.Price}
			l.bars[i][second] = b
		}
		b.high, b.low, b.close = max(b.high, t.Price), min(b.low, t.Price), t.Price
		b.volume += t.Size
		b.trades++
	}
}

// caughtUp waits until what is due is in, but for what comes while one looks.
func (p *tape) caughtUp(within time.Duration) {
	p.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		behind := int64(0)
		for _, l := range p.lanes {
			behind += int64(time.Since(l.begun).Seconds()*l.rate) - l.done.Load()
		}
		if behind < tapeRate/2 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s after the fault %d quotes wait still", within, behind)
		}
	}
}
