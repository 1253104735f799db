package relay

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"outcry/actors/instrument"
	"outcry/events"
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
			marks, boards := &Marks{}, make([]Board, n)
			for i := range boards {
				boards[i].owner, boards[i].marks = &marked{}, marks
				in.Watch(wire.Quote, &boards[i], 0)
			}
			v, sink := viewOf("A", 2), f.sinks["A"]
			b.ReportAllocs()
			for b.Loop() {
				v.Seq++
				sink.ChangeInstrument(v, oneEvent)
			}
		})
	}
}

// BenchmarkAppend is what one session pays for a version: copied from what another
// had encoded, or encoded because it is the first to read it, which says what was traded
// since, or which comes to it after so many sessions that stood elsewhere.
func BenchmarkAppend(b *testing.B) {
	quote, trade := &instrument.Facts{Accepted: 1}, tradeFacts()
	for _, c := range []struct {
		name     string
		facts    *instrument.Facts // of a change before each; nil is none
		sessions int
	}{{"copied", nil, 1}, {"encoded", quote, 1}, {"a trade, encoded", trade, 1}, {"a trade, of 100 sessions apart", trade, 100}} {
		b.Run(c.name, func(b *testing.B) {
			f := newTestFloor()
			in, err := New(Config{Floor: f}).Instrument("A", 0)
			if err != nil {
				b.Fatal(err)
			}
			v, sink, places := viewOf("A", 2), f.sinks["A"], slices.Repeat([]Place{in.Place(wire.Quote)}, c.sessions)
			buf, n := make([]byte, 0, 4096), 0
			b.ReportAllocs()
			for b.Loop() {
				if c.facts != nil {
					v.Seq++
					sink.ChangeInstrument(v, c.facts)
				}
				n++
				buf, _ = places[n%c.sessions].Append(buf[:0], wire.Binary)
			}
		})
	}
}

// tradeFacts are those of one trade.
func tradeFacts() *instrument.Facts {
	s, facts := instrument.New("A"), &instrument.Facts{WantTally: true}
	definition := &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{}}}
	b := &events.Batch{Header: events.Header{Source: "s", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: ingest}}
	s.Fold(b, &events.Group{Events: []*outcryv1.TapeEvent{definition}, Ticks: []events.Tick{{Kind: events.EventTick}}}, facts)
	facts.Reset()
	s.Fold(b, &events.Group{Ticks: []events.Tick{{Kind: events.TradeTick, EventTime: ingest, Price: 100, Size: 5}}}, facts)
	return facts
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
	board := NewBoard(&marked{}, &Marks{})
	in.Watch(wire.Quote, &board, 0)
	v, sink, buf, places := viewOf("A", 1), f.sinks["A"], make([]byte, 0, 4096), slices.Repeat([]Place{in.Place(wire.Quote)}, 5)
	for name, facts := range map[string]*instrument.Facts{"quotes": oneEvent, "trades": tradeFacts()} {
		turn := 0
		n := testing.AllocsPerRun(200, func() {
			v.Seq++
			sink.ChangeInstrument(v, facts)
			turn++
			for i := range places { // some read every version, some each third one
				if i < 2 || turn%3 == i-2 {
					buf, _ = places[i].Append(buf[:0], wire.Binary)
				}
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
