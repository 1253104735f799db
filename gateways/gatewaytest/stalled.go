package gatewaytest

import (
	"crypto/rand"
	"strings"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// stall moves the floor until the connection of a client that does not read
// takes no more. It gives how many posts there are, and the newest price.
func (h *house) stall(t *testing.T) (posts uint64, price int64) {
	t.Helper()
	for i := range 100_000 {
		select {
		case <-h.stalled:
			return posts, price
		default:
		}
		posts, price = h.Post("pit", "bob", noise()), int64(1000+i)
		h.Quote("A", price, price+1)
	}
	t.Fatal("the connection took everything")
	return 0, 0
}

// noise is a long text that hardly compresses.
func noise() string {
	var text strings.Builder
	for text.Len() < 1800 {
		text.WriteString(rand.Text())
	}
	return text.String()
}

func (h *house) pit() {
	h.Define("A")
	h.Join("pit", "bob")
}

// A client that stood still must find every word, and of prices the newest:
// what was superseded meanwhile is not worth its time.
func stalledReader(t *testing.T, h *house) {
	h.pit()
	p := h.connect(t, "")
	p.granted(to(quotes("A")))
	zero := uint64(0)
	p.granted(&outcryv1.Subscription{Topic: talk("pit"), AfterSeq: &zero})
	r := &reader{t: t, p: p, topic: talk("pit"), began: true}
	head, before := h.stall(t)
	const more = 1000
	last := before
	for range more {
		last++
		h.Quote("A", last, last+1)
		head = h.Post("pit", "bob", "later")
	}
	late, newest := 0, int64(0)
	p.frame("last word and newest price", func(f *outcryv1.ServerFrame) bool {
		r.take(f)
		if q := f.GetUpdate().GetQuote().GetQuote(); q != nil {
			newest = q.GetBidPrice()
			if newest > before {
				late++
			}
		}
		return r.cursor >= head && newest == last
	})
	if len(r.items) != int(head) {
		t.Errorf("%d items came of %d", len(r.items), head)
	}
	if late > more/20 {
		t.Errorf("%d of the %d prices came that were superseded while nothing was read", late, more)
	}
}

// One client that does not read must cost nobody else a thing.
func stalledNeighbour(t *testing.T, h *house) {
	h.pit()
	slow := h.connect(t, "")
	slow.granted(to(quotes("A")), to(talk("pit")))
	h.stall(t)
	// As many as there are pumps, so that one of them shares the pump.
	for range 2 {
		p := h.connect(t, "")
		p.granted(to(quotes("A")))
		r := p.follow(&outcryv1.Subscription{Topic: talk("pit"), Recent: 1})
		for i := range 50 {
			price := int64(1_000_000 + i)
			h.Quote("A", price, price+1)
			said, newest := h.Post("pit", "bob", "go on"), int64(0)
			p.frame("word and price", func(f *outcryv1.ServerFrame) bool {
				r.take(f)
				newest = max(newest, f.GetUpdate().GetQuote().GetQuote().GetBidPrice())
				return r.cursor >= said && newest >= price
			})
		}
	}
}
