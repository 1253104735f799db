package gatewaytest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// seq is where an instrument stands.
func (f *Floor) seq(id string) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	var v instrument.View
	f.instruments[id].state.View(&v)
	return v.Seq
}

// tradesAfter adds up what the generator sent.
func (f *Floor) tradesAfter(id string, seq uint64) (s sums) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.instruments[id].trades {
		if tr := t.GetTrade(); t.GetSeq() > seq {
			buy := int64(0)
			if tr.GetSide() == outcryv1.Side_SIDE_BUY {
				buy = tr.GetSize()
			}
			s.add(1, tr.GetPrice(), tr.GetPrice(), tr.GetSize(), buy, instrument.Product(tr.GetPrice(), tr.GetSize()))
		}
	}
	return s
}

func (s *sums) addBar(b *outcryv1.Bar) {
	s.add(b.GetTrades(), b.GetHigh(), b.GetLow(), b.GetVolume(), b.GetBuyVolume(),
		instrument.Int128{Hi: b.GetTurnover().GetHi(), Lo: b.GetTurnover().GetLo()})
}

// sum is what all bars of a client add up to.
func (l *ledger) sum() (s sums) {
	for _, b := range l.bars {
		s.addBar(b)
	}
	return s
}

// of takes the updates of one instrument's quote.
func (l *ledger) of(id string) func(*outcryv1.ServerFrame) {
	return func(f *outcryv1.ServerFrame) {
		l.t.Helper()
		if u := f.GetUpdate(); u != nil && u.GetInstrument() == id {
			l.take(u)
		}
	}
}

// ledgerUntil reads until a ledger has come to a seq.
func (p *peer) ledgerUntil(l *ledger, id string, seq uint64) {
	p.t.Helper()
	take := l.of(id)
	p.frame(fmt.Sprint("update to ", seq), func(f *outcryv1.ServerFrame) bool {
		take(f)
		return l.seq >= seq
	})
}

// barrierWith is barrier, with each frame that comes before looked at.
func (p *peer) barrierWith(token int64, look func(*outcryv1.ServerFrame)) {
	p.t.Helper()
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: token}}})
	p.frame("pong", func(f *outcryv1.ServerFrame) bool {
		look(f)
		return f.GetPong() != nil && f.GetPong().GetClientTimeNs() == token
	})
}

// bookkeeper is a client that subscribes, leaves, reads and stands still at random, and holds
// the server's books against its own.
type bookkeeper struct {
	*peer
	own map[string]*ledger
}

// take is called for every frame that comes.
func (k *bookkeeper) take(f *outcryv1.ServerFrame) {
	k.t.Helper()
	if l := k.own[f.GetUpdate().GetInstrument()]; l != nil && f.GetUpdate() != nil {
		l.take(f.GetUpdate())
	}
}

// subscribe begins one topic anew, at one of several rates.
func (k *bookkeeper) again(id string, perSecond float64) {
	k.t.Helper()
	k.requests++
	k.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Request: k.requests,
		Subscriptions: []*outcryv1.Subscription{{Topic: quotes(id), MaxPerSecond: perSecond}}}}})
	k.frame("answer", func(f *outcryv1.ServerFrame) bool {
		if f.GetSubscribed().GetRequest() == k.requests {
			k.own[id] = newLedger(k.t)
			return true
		}
		k.take(f)
		return false
	})
}

func (k *bookkeeper) leave(id string) {
	k.t.Helper()
	k.requests++
	k.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Unsubscribe{Unsubscribe: &outcryv1.Unsubscribe{Request: k.requests, Topics: []*outcryv1.Topic{quotes(id)}}}})
	k.frame("answer", func(f *outcryv1.ServerFrame) bool {
		k.take(f)
		return f.GetUnsubscribed().GetRequest() == k.requests
	})
	delete(k.own, id)
}

// books asks for the books of all topics, and compares each.
func (k *bookkeeper) books() (waiting uint64) {
	k.t.Helper()
	k.requests++
	k.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Books{Books: &outcryv1.BooksRequest{Request: k.requests}}})
	seen := 0
	k.frame("books", func(f *outcryv1.ServerFrame) bool {
		k.take(f)
		if f.GetBooks().GetRequest() != k.requests {
			return false
		}
		for _, b := range f.GetBooks().GetBooks() {
			seen++
			waiting += b.GetWaiting()
			k.own[b.GetTopic().GetId()].check(b)
		}
		return !f.GetBooks().GetMore()
	})
	if seen != len(k.own) {
		k.t.Fatalf("%d books came of %d topics", seen, len(k.own))
	}
	return waiting
}

// close reads until nothing waits any more, and demands that the client has what the generator sent.
func (k *bookkeeper) close(h *house) {
	k.t.Helper()
	for deadline := time.Now().Add(patience); k.books() > 0; {
		if time.Now().After(deadline) {
			k.t.Fatal("something waits for ever")
		}
	}
	for id, l := range k.own {
		if seq := h.seq(id); l.began == 0 && l.seq == 0 || l.updates+l.merged != seq-l.began || l.seq != seq || l.gap {
			k.t.Errorf("%s: %d updates and %d more led from %d to %d, gap=%v; the generator is at %d", id, l.updates, l.merged, l.began, l.seq, l.gap, seq)
		}
		if got, want := l.sum(), h.tradesAfter(id, l.began); got != want {
			k.t.Errorf("%s: the client has %+v, traded were %+v", id, got, want)
		}
	}
}

// soaking says whether the long forms run.
func soaking() bool { return os.Getenv("OUTCRY_SOAK") != "" }

// Whoever is billed or judged by what was published must be able to hold the server to
// account: each event is delivered, merged or waiting, and none is two of them.
func booksAddUp(t *testing.T, h *house) {
	const instruments, clients = 8, 3
	h.pit()
	for i := range instruments {
		h.Define(fmt.Sprint("B", i))
	}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	all := make([]*bookkeeper, clients)
	for i := range all {
		all[i] = &bookkeeper{h.connect(t, ""), map[string]*ledger{}}
	}
	began := time.Now()
	more := func(step int) bool {
		if soaking() {
			return time.Since(began) < 10*time.Minute
		}
		return step < 300
	}
	at := int64(100)
	for step := 0; more(step); step++ {
		k, id := all[r.IntN(clients)], fmt.Sprint("B", r.IntN(instruments))
		switch r.IntN(12) {
		case 0, 1:
			k.again(id, []float64{0, 0, 5, 50, 1000}[r.IntN(5)])
		case 2:
			if k.own[id] != nil {
				k.leave(id)
			}
		case 3:
			k.books()
		case 4:
			k.barrierWith(int64(step), k.take)
		default: // while nobody reads
			for range 1 + r.IntN(60) {
				at += r.Int64N(2)
				h.market(fmt.Sprint("B", r.IntN(instruments)), r, at)
			}
		}
	}
	for _, k := range all {
		k.close(h)
	}
}

// market makes one record of an instrument.
func (h *house) market(id string, r *rand.Rand, at int64) {
	if r.IntN(3) == 0 {
		h.Quote(id, at, at+1)
		return
	}
	var trades []events.Tick
	for range 1 + r.IntN(3) {
		trades = append(trades, events.Tick{EventTime: (day+at-r.Int64N(70))*int64(time.Second) + r.Int64N(3),
			Price: 1000 + r.Int64N(200), Size: 1 + r.Int64N(500), Side: uint8(r.IntN(3))})
	}
	h.Prints(id, trades...)
}

// A client that stood still must find in its books what it missed, and be told the same.
func booksOfAStalledReader(t *testing.T, h *house) {
	h.pit()
	k := &bookkeeper{h.connect(t, ""), map[string]*ledger{}}
	k.again("A", 0)
	k.barrierWith(1, k.take)
	k.granted(after(talk("pit"), 0))
	head, _ := h.stall(t)
	for range 1000 {
		h.Quote("A", 1, 2)
	}
	r := &reader{t: t, p: k.peer, topic: talk("pit"), began: true}
	k.frame("last word", func(f *outcryv1.ServerFrame) bool {
		k.take(f)
		r.take(f)
		return r.cursor >= head
	})
	k.requests++
	k.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Books{Books: &outcryv1.BooksRequest{Request: k.requests,
		Topics: []*outcryv1.Topic{talk("pit"), quotes("A"), quotes("C"), quotes("not an id")}}}})
	k.frame("books", func(f *outcryv1.ServerFrame) bool {
		k.take(f)
		r.take(f)
		b := f.GetBooks().GetBooks()
		if b == nil {
			return false
		}
		k.own["A"].check(b[1])
		if len(b) != 4 || b[0].GetPublished() != head || b[0].GetDelivered() != uint64(len(r.items)) || b[0].GetDelivered()+b[0].GetWaiting() != head || b[1].GetConflated() < 900 ||
			b[2].GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_INVALID || b[3].GetError().GetCode() != outcryv1.ErrorCode_ERROR_CODE_INVALID {
			t.Errorf("after %d of %d words the books say %v", len(r.items), head, b)
		}
		return true
	})
}
