package pump_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// ground is a pump with so many clients that each watch the same instruments.
// Turns are taken by the test, not by the pump's actor.
type ground struct {
	*house
	instruments int
	price       int64
}

func newGround(t testing.TB, clients, instruments int) *ground {
	g := &ground{house: open(t, pump.Config{}), instruments: instruments, price: 1}
	var wanted []*outcryv1.Subscription
	for i := range instruments {
		g.Define(fmt.Sprint("I", i))
		wanted = append(wanted, quotes(fmt.Sprint("I", i), 0))
	}
	for range clients {
		p := &peer{conn: newConn(), t: t}
		g.attach(p, framing{})
		p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}})
		p.subscribe(wanted...)
		p.send(ping(1))
		p.pong(1)
		p.forget()
	}
	g.Floor.Flushed = func() {}
	if err := g.Park(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Unpark)
	for range 3 { // until every buffer has its size
		g.move()
		g.Turn(time.Now())
	}
	return g
}

// move changes half of the instruments.
func (g *ground) move() {
	for i := range g.instruments / 2 {
		g.price++
		g.Quote(fmt.Sprint("I", i), g.price, g.price+1)
	}
}

// BenchmarkTurn is one turn of a pump: a hundred changed quotes of two hundred
// that each client watches, taken from the marks, framed and written.
func BenchmarkTurn(b *testing.B) {
	for _, clients := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(clients, " clients"), func(b *testing.B) {
			g := newGround(b, clients, 200)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				g.move()
				b.StartTimer()
				g.Turn(time.Now())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clients*100), "ns/update")
		})
	}
}

// What a turn allocates it allocates ten thousand times a second, and the
// collector's pauses are then everybody's latency.
func TestATurnAllocatesNothing(t *testing.T) {
	g := newGround(t, 10, 200)
	const turns = 50
	var allocated uint64
	var before, after runtime.MemStats
	for range turns {
		g.move()
		runtime.ReadMemStats(&before)
		g.Turn(time.Now())
		runtime.ReadMemStats(&after)
		allocated += after.Mallocs - before.Mallocs
	}
	// Others of the process may allocate a little meanwhile; one a client and turn would be 500.
	if allocated > turns {
		t.Errorf("%d allocations in %d turns of 10 clients with 100 updates each", allocated, turns)
	}
}
