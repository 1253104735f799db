package session_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/relay"
	"outcry/gateways/relay/wire"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// turn is a session whose turns the test takes.
type turn struct {
	*session.Session
	floor *gatewaytest.Floor
	marks relay.Marks
	buf   []byte
	now   time.Time
}

// watching subscribes to the quotes of so many instruments, and to a room.
func watching(t testing.TB, n int, perSecond float64) *turn {
	t.Helper()
	w := &turn{floor: gatewaytest.NewFloor(), now: time.Now()}
	w.floor.Flushed = func() {}
	w.floor.Join("lobby", "ann")
	wanted := []*outcryv1.Subscription{{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: "lobby"}}}
	for i := range n {
		w.floor.Define(id(i))
		wanted = append(wanted, &outcryv1.Subscription{MaxPerSecond: perSecond, Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id(i)}})
	}
	all := session.New(session.Config{Relay: relay.New(relay.Config{Floor: w.floor}), History: w.floor, Commands: w.floor.Commands, Heartbeat: time.Hour})
	w.Session = all.Open(session.Options{Encoding: wire.Binary, Marks: &w.marks, Post: func(do func()) { do() }, Wake: func() {}}, w.now)
	t.Cleanup(func() { w.Close(); all.Wait() })
	w.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: "ann"}}}, w.now)
	w.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: wanted}}}, w.now)
	for i := range 100 {
		if i < 2 { // an instrument's frame grows to its size once, whoever watches it
			for i := range n {
				w.floor.Quote(id(i), 1, 2)
			}
		}
		w.take()
	}
	return w
}

func id(i int) string { return fmt.Sprint("I", i) }

// take is a turn a tenth of a second later; it gives the bytes that are written.
func (w *turn) take() int {
	w.now = w.now.Add(100 * time.Millisecond)
	w.marks.Take(nil)
	w.Tick(w.now)
	w.buf, _ = w.Fill(w.buf[:0], w.now)
	return len(w.buf)
}

// BenchmarkFill frames a hundred changed quotes of two hundred that are watched: at
// once by marks, and by a rate whose interval is over.
func BenchmarkFill(b *testing.B) {
	for name, perSecond := range map[string]float64{"at once": 0, "ten a second": 10} {
		b.Run(name, func(b *testing.B) {
			w := watching(b, 200, perSecond)
			price := int64(1)
			before := w.Delivered()
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for i := range 100 {
					price++
					w.floor.Quote(id(i), price, price+1)
				}
				b.StartTimer()
				if w.take() == 0 {
					b.Fatal("nothing was filled")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(w.Delivered()-before), "ns/update")
		})
	}
}

// A session that costs memory for each turn without news costs it for every idle client.
func TestATurnWithoutNewsAllocatesNothing(t *testing.T) {
	for _, perSecond := range []float64{0, 10} {
		w := watching(t, 200, perSecond)
		w.floor.Quote(id(0), 1, 2)
		if w.take() == 0 {
			t.Error("the news did not come")
		}
		if n := testing.AllocsPerRun(50, func() {
			if w.take() != 0 {
				t.Error("something was filled")
			}
		}); n != 0 {
			t.Errorf("at %v a second: %v allocations", perSecond, n)
		}
	}
}

// The benchmark above once showed four allocations a turn: the first growth of
// a hundred frames that all sessions share. From then on there must be none.
func TestATurnOfAHundredUpdatesAllocatesNothing(t *testing.T) {
	for _, perSecond := range []float64{0, 10} {
		w := watching(t, 200, perSecond)
		var before, after runtime.MemStats
		const turns = 50
		allocated, price := uint64(0), int64(1)
		for range turns {
			for i := range 100 {
				price++
				w.floor.Quote(id(i), price, price+1)
			}
			runtime.ReadMemStats(&before)
			if w.take() == 0 {
				t.Fatal("nothing was filled")
			}
			runtime.ReadMemStats(&after)
			allocated += after.Mallocs - before.Mallocs
		}
		if allocated > turns { // the runtime's own, now and then; four a turn would be 200
			t.Errorf("at %v a second: %d allocations in %d turns", perSecond, allocated, turns)
		}
	}
}
