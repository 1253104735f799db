package relay

import (
	"sync"
	"sync/atomic"
	"testing"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// testFloor attaches at once what known says is there, and counts who watches.
type testFloor struct {
	known    func(id string) bool
	watching atomic.Int64
	mu       sync.Mutex
	sinks    map[string]InstrumentSink
}

func newTestFloor() *testFloor {
	return &testFloor{known: func(id string) bool { return id != "NONE" }, sinks: map[string]InstrumentSink{}}
}

// ingest is the time of the newest record of the floor, ns.
const ingest = 1_700_000_000_000_000_000

func viewOf(id string, seq uint64) *instrument.View {
	return &instrument.View{Instrument: id, Seq: seq, Defined: true, IngestTime: ingest, HasQuote: true, QuoteSeq: seq,
		Quote: instrument.Quote{BidPrice: int64(seq), AskPrice: int64(seq) + 1}}
}

func (f *testFloor) WatchInstrument(id string, _ instrument.Wants, s InstrumentSink) (stop func()) {
	f.watching.Add(1)
	f.mu.Lock()
	f.sinks[id] = s
	f.mu.Unlock()
	v := &instrument.View{Instrument: id}
	if f.known(id) {
		v = viewOf(id, 1)
	}
	s.AttachInstrument(v, [instrument.Resolutions][]instrument.Bar{})
	return func() { f.watching.Add(-1) }
}

func (f *testFloor) WatchRoom(id string, s RoomSink) (stop func()) {
	f.watching.Add(1)
	room := &outcryv1.Room{Room: id}
	if f.known(id) {
		room.HeadSeq = 1
	}
	s.AttachRoom(room, nil, room.HeadSeq+1)
	return func() { f.watching.Add(-1) }
}

// change tells of the record after which an instrument stands at seq.
func (f *testFloor) change(id string, seq uint64) {
	f.mu.Lock()
	s := f.sinks[id]
	f.mu.Unlock()
	s.ChangeInstrument(viewOf(id, seq), oneEvent)
}

func watched(t *testing.T, r *Relay, id string) *Instrument {
	t.Helper()
	in, err := r.Instrument(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func wantSize(t *testing.T, r *Relay, f *testFloor, instruments, rooms int) {
	t.Helper()
	i, ro := r.Size()
	if i != instruments || ro != rooms || f.watching.Load() != int64(instruments+rooms) {
		t.Errorf("%d instruments and %d rooms are kept, %d watched; want %d and %d", i, ro, f.watching.Load(), instruments, rooms)
	}
}

// shown is the newest version of a quote as its client gets it who has seen none before.
func shown(in *Instrument) string {
	p := in.Place(wire.Quote)
	defer p.Leave()
	return string(appended(wire.JSON, &p))
}

// appended is what a place is told next.
func appended(e wire.Encoding, p *Place) []byte {
	frame, _ := p.Append(nil, e)
	return frame
}

// changing moves an instrument on up to a seq; done is closed after that.
func (f *testFloor) changing(group *sync.WaitGroup, id string, last uint64) (done chan struct{}) {
	done = make(chan struct{})
	group.Go(func() {
		defer close(done)
		for seq := uint64(2); seq <= last; seq++ {
			f.change(id, seq)
		}
	})
	return done
}

// meanwhile looks until done is closed, and once more.
func meanwhile(done <-chan struct{}, look func()) {
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		look()
	}
}
