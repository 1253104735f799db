package gatewaytest

import (
	"runtime"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// Neighbour makes a client that trades and talks while a test does harm beside
// it. well demands that its next post is answered and its next price comes; call it
// in the test's own goroutine.
func Neighbour(t *testing.T, f *Floor, c Client) (well func()) {
	t.Helper()
	const instrument, room = "NEXT-DOOR", "next-door"
	p := &peer{Client: c, t: t}
	p.send(hello(1, "neighbour"))
	p.frame("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	f.Define(instrument)
	if a := p.ask(join(room, neighbours)); a.GetError() != nil {
		t.Fatalf("joining was answered %v", a)
	}
	p.granted(to(quotes(instrument)))
	n := 0
	return func() {
		t.Helper()
		n++
		if a := p.ask(post(room, "well?", neighbours+n)); a.GetOutcome() != outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
			t.Fatalf("the neighbour's post %d was answered %v", n, a)
		}
		price := int64(100 + n)
		f.Quote(instrument, price, price+1)
		p.update("price for the neighbour", func(u *outcryv1.Update) bool { return u.GetQuote().GetQuote().GetBidPrice() == price })
	}
}

// neighbours keeps the ids of their posts apart.
const neighbours = 1 << 20

// Held is the memory in use by what can still be reached.
func Held() int64 {
	runtime.GC()
	runtime.GC() // what finalizers held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
