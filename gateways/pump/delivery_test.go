package pump_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// fill says so much in a room that a pump needs many turns to send it.
func (h *house) fill(room string, posts int) (head uint64) {
	h.Join(room, "ann")
	for range posts {
		head = h.Post(room, "ann", strings.Repeat("many words ", 150))
	}
	return head
}

// A client that reads a long history would otherwise hold up the prices of
// everybody on its pump until it has all.
func TestALongHistoryHoldsUpNobody(t *testing.T) {
	h := open(t, pump.Config{})
	h.Define("A")
	head := h.fill("pit", 400)
	var order []string // of writes, in the pump's turns
	quickly, longly := newConn(), newConn()
	longWrites := 0
	quickly.wrote = func() { order = append(order, "quick") }
	longly.wrote = func() {
		order = append(order, "long")
		if longWrites++; longWrites == 4 {
			order = order[:0]
			h.Quote("A", 7, 8) // in the midst of the history
		}
	}
	quick, long := h.connectTo(t, quickly), h.connectTo(t, longly)
	quick.subscribe(quotes("A", 0))
	long.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: []*outcryv1.Subscription{talk("pit")}}}})
	long.until("last word", func(f *outcryv1.ServerFrame) bool { return f.GetItems().GetCompleteTo() >= head })
	quick.price(7)
	h.end(t, patience) // no turn writes to order any more

	if before := slices.Index(order, "quick"); before < 0 || before > 2 {
		t.Errorf("the price waited for %d writes of the history: %v", before, order)
	}
	if len(order) < 8 {
		t.Errorf("the history took %d writes: too few for this test to say something", len(order))
	}
}

// One phone in a tunnel must cost its neighbours nothing, and later find all
// the words, and of the prices the newest.
func TestASocketThatTakesNoMoreCostsNobodyElse(t *testing.T) {
	h := open(t, pump.Config{})
	h.Define("A")
	h.Join("pit", "ann")
	slow, quick := h.connect(t), h.connect(t)
	slow.subscribe(quotes("A", 0), talk("pit"))
	quick.subscribe(quotes("A", 0), talk("pit"))

	slow.stall(5) // a part of the next message goes out
	var head uint64
	for i := range 500 {
		price := int64(1000 + i)
		h.Quote("A", price, price+1)
		head = h.Post("pit", "ann", "go on")
		quick.price(price)
	}
	wait(t, "the stall", h.stalled)
	_, writes, _ := slow.look()
	slow.release()
	prices, words := 0, uint64(0)
	slow.until("last word and newest price", func(f *outcryv1.ServerFrame) bool {
		if f.GetUpdate().GetQuote() != nil {
			prices++
		}
		for _, item := range f.GetItems().GetItems() {
			if words++; item.GetSeq() != words {
				t.Fatalf("word %d came as number %d", item.GetSeq(), words)
			}
		}
		return words == head
	})
	if prices > 5 {
		t.Errorf("%d prices came that were superseded while the connection took nothing", prices)
	}
	if _, now, _ := slow.look(); now-writes > 20 {
		t.Errorf("what was left took %d writes", now-writes)
	}
	if n := len(h.stalled); n > 0 {
		t.Errorf("it was tried %d times again while it took nothing", n)
	}
}

// Without marks a price would wait for the next heartbeat, seconds later.
func TestMarksWakeThePumpThatOwnsTheWatcher(t *testing.T) {
	h := open(t, pump.Config{Pumps: 3})
	h.Define("A")
	var peers []*peer
	for range 6 { // two a pump
		p := h.connect(t)
		p.subscribe(quotes("A", 0))
		peers = append(peers, p)
	}
	for price := range int64(50) {
		h.Quote("A", 100+price, 200+price)
		for _, p := range peers {
			p.price(100 + price)
		}
	}
}

// A client that asked for ten prices a second must get no more, with the
// newest last, and without a mark that wakes the pump for each.
func TestIntervalsAreScannedWhenTheyAreOver(t *testing.T) {
	h := open(t, pump.Config{})
	h.Define("A")
	h.Quote("A", 1, 2)
	p := h.connect(t)
	p.subscribe(quotes("A", 20))
	p.price(1)
	const every, rounds = 50 * time.Millisecond, 6
	began, price := time.Now(), int64(1)
	for range rounds {
		for range 100 {
			price++
			h.Quote("A", price, price+1)
		}
		p.until("newest price", func(f *outcryv1.ServerFrame) bool { return f.GetUpdate().GetQuote().GetQuote().GetBidPrice() == price })
	}
	// The scans' times are kept by the pump: the first may come at once, and of each the newest is all.
	if passed := time.Since(began); passed < (rounds-2)*every {
		t.Errorf("%d scans came in %v", rounds, passed)
	}
	if _, writes, _ := p.look(); writes > 2+2+2*rounds {
		t.Errorf("%d writes for %d rounds of a hundred prices", writes, rounds)
	}
}

// A client that sends and does not read may not fill the server's memory.
func TestAClientThatDoesNotReadIsNotReadEither(t *testing.T) {
	h := open(t, pump.Config{})
	p, other := h.connect(t), h.connect(t)
	p.stall(0)
	p.send(ping(1))
	wait(t, "the stall", h.stalled)
	for i := range pump.InboxFrames {
		p.send(ping(int64(2 + i)))
	}
	last := int64(2 + pump.InboxFrames)
	took := make(chan struct{})
	go func() { p.send(ping(last)); close(took) }()
	for i := range int64(10) { // the pump has turns meanwhile
		other.send(ping(i + 1))
		other.pong(i + 1)
	}
	select {
	case <-took:
		t.Error("a frame was taken beyond the bound")
	default:
	}
	p.release()
	for i := range last {
		p.pong(i + 1) // in order, none is missing
	}
	wait(t, "taking the last frame", took)
}
