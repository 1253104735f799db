package relay

import (
	"fmt"
	"sync"
	"testing"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkChange is what a record's touch of a watched instrument costs the shard's turn,
// with so many sessions that want it at once and have not been served since.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{0, 10, 150} {
		b.Run(fmt.Sprint(n, "watchers"), func(b *testing.B) {
			f := newTestFloor()
			in, err := New(Config{Floor: f}).Instrument("A", 0)
			if err != nil {
				b.Fatal(err)
			}
			marks, watches := &Marks{}, make([]Watch, n)
			for i := range watches {
				watches[i] = NewWatch(&marked{}, marks)
				in.Watch(wire.Quote, &watches[i])
			}
			v, sink := viewOf("A", 2), f.sinks["A"]
			b.ReportAllocs()
			for b.Loop() {
				v.Seq, v.QuoteSeq = v.Seq+1, v.QuoteSeq+1
				sink.ChangeInstrument(v, noFacts)
			}
		})
	}
}

// BenchmarkAppend is what one session pays for a version: copied from what another
// had encoded, or encoded because it is the first to read it.
func BenchmarkAppend(b *testing.B) {
	for _, fresh := range []bool{false, true} {
		b.Run(map[bool]string{false: "copied", true: "encoded"}[fresh], func(b *testing.B) {
			f := newTestFloor()
			in, err := New(Config{Floor: f}).Instrument("A", 0)
			if err != nil {
				b.Fatal(err)
			}
			v, sink := viewOf("A", 2), f.sinks["A"]
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				if fresh {
					v.Seq, v.QuoteSeq = v.Seq+1, v.QuoteSeq+1
					sink.ChangeInstrument(v, noFacts)
				}
				buf, _ = in.Append(buf[:0], wire.Binary, wire.Quote, false)
			}
		})
	}
}

// BenchmarkAfter reads on from the middle of a full ring of a room.
func BenchmarkAfter(b *testing.B) {
	s := &Stream{mu: new(sync.Mutex), limit: roomItems}
	for seq := range uint64(2 * roomItems) {
		s.push(NewItem(seq+1, &outcryv1.Message{}))
	}
	items := make([]*Item, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		items, _, _ = s.After(items[:0], 3*roomItems/2, 256)
	}
}

// The claim of the design: a change that nobody is told of anew, and a version that
// is encoded already, allocate nothing.
func TestTheWayOfAChangeAllocatesNothing(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	marks := &Marks{}
	w := NewWatch(&marked{}, marks)
	in.Watch(wire.Quote, &w)
	v, sink, facts, buf := viewOf("A", 2), f.sinks["A"], &instrument.Facts{}, make([]byte, 0, 4096)
	n := testing.AllocsPerRun(200, func() {
		v.Seq, v.QuoteSeq = v.Seq+1, v.QuoteSeq+1
		sink.ChangeInstrument(v, facts)
		buf, _ = in.Append(buf[:0], wire.Binary, wire.Quote, false)
		buf, _ = in.Append(buf[:0], wire.Binary, wire.Quote, false)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
