package gatewaytest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// wanderer is somebody whose connection breaks at any moment: he follows prices, trades
// and a room, says numbered words in it, and says again what was not answered.
type wanderer struct {
	t     *testing.T
	h     *house
	r     *rand.Rand
	bid   *atomic.Int64 // a bid that was published by now
	p     *peer
	left  *peer // the connection before, which is half-open: nobody reads it, and it is not closed
	room  *reader
	tape  *reader
	token []byte
	fresh int64               // what the first price after a return must not be older than; 0: it came
	said  int                 // words
	open  []*outcryv1.Command // not answered yet, in order
}

func returns() int {
	if soaking() {
		return 1500 // for each of seven transports
	}
	return 40
}

// Whoever rides through tunnels must find every word and trade once and in order, say
// each of his own once, and see a price of now with the first message that comes back.
func cutAtAnyMoment(t *testing.T, h *house) {
	h.Define("A")
	h.Join("hall", "bob")
	h.Join("hall", "ann")
	var bid atomic.Int64
	stop := h.busy(&bid)
	w := &wanderer{t: t, h: h, r: Seed(t), bid: &bid}
	w.room = &reader{t: t, topic: talk("hall"), began: true}
	w.tape = &reader{t: t, topic: trading("A"), began: true}
	for range returns() {
		w.comeBack()
		w.live(w.r.IntN(12))
		w.vanish()
	}
	stop()
	w.comeBack()
	if len(w.open) > 0 {
		w.p.frame("the last answer", func(f *outcryv1.ServerFrame) bool {
			w.take(f)
			return len(w.open) == 0
		})
	}
	head := h.Post("hall", "bob", "the end")
	w.p.frame("all that was missed", func(f *outcryv1.ServerFrame) bool {
		w.take(f)
		return w.room.cursor >= head && w.tape.cursor >= h.seq("A")
	})
	w.check(head)
}

// busy has prices, trades and words go on until stop is called.
func (h *house) busy(bid *atomic.Int64) (stop func()) {
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for n := int64(1); ; n++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			h.Quote("A", n, n+1)
			bid.Store(n)
			h.Trade("A", 100+n%7, n/100)
			if n%5 == 0 {
				h.Post("hall", "bob", fmt.Sprint(n))
			}
		}
	})
	return func() {
		close(done)
		group.Wait()
	}
}

// comeBack connects and goes on: by the token, if there is one, or from the cursors; and says again what was not answered.
func (w *wanderer) comeBack() {
	w.t.Helper()
	w.fresh = w.bid.Load()
	if w.token != nil && w.r.IntN(2) == 0 {
		var said *outcryv1.ServerHello
		w.p, said = w.h.resume(w.t, "ann", w.token, &outcryv1.Complete{Topic: w.room.topic, Seq: w.room.cursor},
			&outcryv1.Complete{Topic: w.tape.topic, Seq: w.tape.cursor})
		if !said.GetResumed() {
			w.t.Fatalf("not resumed: %v", said)
		}
	} else {
		w.p = w.h.connect(w.t, "ann")
		w.p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: []*outcryv1.Subscription{
			to(quotes("A")), after(w.room.topic, w.room.cursor), after(w.tape.topic, w.tape.cursor)}}}})
	}
	// The server knows a cursor as the item before the next.
	w.room.last, w.tape.last = w.room.cursor, w.tape.cursor
	for _, c := range w.open {
		w.p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Command{Command: c}})
	}
}

// live takes so many frames and says something now and then.
func (w *wanderer) live(frames int) {
	w.t.Helper()
	for range frames {
		if w.r.IntN(3) == 0 {
			w.said++
			c := post("hall", fmt.Sprint("ann ", w.said), w.said)
			w.open = append(w.open, c)
			w.p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Command{Command: c}})
		}
		w.take(w.p.nextBefore(time.Now().Add(patience)))
	}
}

// vanish breaks the connection, or leaves it half-open until the next one breaks. Sometimes the
// world goes on for longer than the relay remembers.
func (w *wanderer) vanish() {
	if w.left != nil {
		w.left.Cut()
		w.left = nil
	}
	if w.r.IntN(4) == 0 {
		w.left = w.p
	} else {
		w.p.Cut()
	}
	if w.r.IntN(40) == 0 {
		for range 600 {
			w.h.Post("hall", "bob", "a long night")
		}
	}
}

func (w *wanderer) take(f *outcryv1.ServerFrame) {
	w.t.Helper()
	w.room.take(f)
	w.tape.take(f)
	switch {
	case f.GetUpdate() != nil && w.fresh > 0:
		if bid := f.GetUpdate().GetQuote().GetQuote().GetBidPrice(); !f.GetUpdate().GetSnapshot() || bid < w.fresh {
			w.t.Fatalf("the first price after the return is %v; %d was published before it", f, w.fresh)
		}
		w.fresh = 0
	case f.GetHeartbeat().GetResume().GetToken() != nil:
		w.token = f.GetHeartbeat().GetResume().GetToken()
	case f.GetAnswer() != nil:
		a := f.GetAnswer()
		if a.GetError() != nil || len(w.open) == 0 || string(a.GetClientMsgId()) != string(w.open[0].GetClientMsgId()) {
			w.t.Fatalf("answered %v; %d wait", a, len(w.open))
		}
		w.open = w.open[1:]
	case f.GetSubscribed() != nil:
		for _, a := range f.GetSubscribed().GetAnswers() {
			if a.GetError() != nil {
				w.t.Fatalf("refused: %v", a)
			}
		}
	}
}

// check demands each change up to head once, and each word of ann's once, in the order she said them.
func (w *wanderer) check(head uint64) {
	w.t.Helper()
	if len(w.room.lost)+len(w.tape.lost) > 0 || len(w.room.items) < int(head) {
		w.t.Fatalf("%d changes of %d came; told as lost: %v, %v", len(w.room.items), head, w.room.lost, w.tape.lost)
	}
	said := 0
	for i, item := range w.room.items[:head] {
		m := item.GetMessage()
		if item.GetSeq() != uint64(i+1) {
			w.t.Fatalf("in place of %d came %d", i+1, item.GetSeq())
		}
		if m.GetUser() == "ann" && m.GetKind() == outcryv1.MessageKind_MESSAGE_KIND_POST {
			if said++; string(m.GetText().GetData()) != fmt.Sprint("ann ", said) {
				w.t.Fatalf("in place of ann's word %d stands %q", said, m.GetText().GetData())
			}
		}
	}
	if said != w.said {
		w.t.Errorf("ann said %d words, %d are there", w.said, said)
	}
	all, err := w.h.Trades(context.Background(), &outcryv1.TradesRequest{Instrument: "A", AfterSeq: 0, Limit: 1 << 30})
	if err != nil || len(all.GetTrades()) != len(w.tape.items) {
		w.t.Fatalf("%d trades of %d came, %v", len(w.tape.items), len(all.GetTrades()), err)
	}
	for i, trade := range all.GetTrades() {
		if got := w.tape.items[i].GetSeq(); got != trade.GetSeq() {
			w.t.Fatalf("trade %d came in place of %d", got, trade.GetSeq())
		}
	}
}
