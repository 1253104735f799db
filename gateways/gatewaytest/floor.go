package gatewaytest

import (
	"sync"
	"time"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// Floor is instruments and rooms in memory. It is what a relay watches, the
// history that sessions read and the way of their commands. One lock stands for
// the shards: everything is one turn. Safe for many goroutines.
type Floor struct {
	// Flushed is called after each change, out of the turn; set it before the first.
	Flushed func()

	mu          sync.Mutex
	instruments map[string]*listed
	rooms       map[string]*hall
	silent      map[string]bool
	moves       int // commands of the floor's own
	behind      bool
	forgetful   bool // closed bars are had from states alone
}

// listed is one instrument with all that a store would know of it.
type listed struct {
	state   *instrument.State
	facts   instrument.Facts
	watches []*instrumentWatch
	trades  []*outcryv1.SequencedTrade
	closed  [instrument.Resolutions][]*outcryv1.Bar // newest versions, by bar_seq
}

type instrumentWatch struct {
	sink  relay.InstrumentSink
	wants instrument.Wants
}

// hall is one room.
type hall struct {
	state    *room.State
	facts    room.Facts
	watches  []relay.RoomSink
	messages []*outcryv1.Message
}

// NewFloor makes an empty floor.
func NewFloor() *Floor {
	return &Floor{Flushed: func() {}, instruments: map[string]*listed{}, rooms: map[string]*hall{}, silent: map[string]bool{}}
}

// Silence makes the floor never tell about an entity, as a shard that failed.
func (f *Floor) Silence(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent[id] = true
}

// instrument and room are called with the lock held.
func (f *Floor) instrument(id string) *listed {
	l := f.instruments[id]
	if l == nil {
		l = &listed{state: instrument.New(id)}
		f.instruments[id] = l
	}
	return l
}

func (f *Floor) room(id string) *hall {
	h := f.rooms[id]
	if h == nil {
		h = &hall{state: room.New(id)}
		f.rooms[id] = h
	}
	return h
}

// WatchInstrument is relay.Floor's.
func (f *Floor) WatchInstrument(id string, wants instrument.Wants, s relay.InstrumentSink) (stop func()) {
	f.mu.Lock()
	if f.silent[id] {
		f.mu.Unlock()
		return func() {}
	}
	l, w := f.instrument(id), &instrumentWatch{s, wants}
	l.watches = append(l.watches, w)
	var v instrument.View
	l.state.View(&v)
	var bars [instrument.Resolutions][]instrument.Bar
	if wants&instrument.WantBars != 0 {
		bars = [...][]instrument.Bar{l.state.Bars(instrument.Second, nil), l.state.Bars(instrument.Minute, nil)}
	}
	s.AttachInstrument(&v, bars)
	f.mu.Unlock()
	f.Flushed()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		l.watches = without(l.watches, w)
	}
}

// WatchRoom is relay.Floor's.
func (f *Floor) WatchRoom(id string, s relay.RoomSink) (stop func()) {
	f.mu.Lock()
	if f.silent[id] {
		f.mu.Unlock()
		return func() {}
	}
	h := f.room(id)
	h.watches = append(h.watches, s)
	items, first := h.state.Recent(0, 1<<30)
	s.AdmitRoom(h.state.Audience())
	s.AttachRoom(h.state.View(), items, first)
	f.mu.Unlock()
	f.Flushed()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		h.watches = without(h.watches, s)
	}
}

func without[T comparable](all []T, one T) []T {
	var rest []T
	for _, other := range all {
		if other != one {
			rest = append(rest, other)
		}
	}
	return rest
}

// fold puts one input of an instrument through its fold and tells the sinks.
func (f *Floor) fold(id string, ingest time.Time, mode outcryv1.Mode, g events.Group) {
	f.mu.Lock()
	l := f.instrument(id)
	l.facts.Reset()
	l.facts.WantTrades, l.facts.WantTally = true, true
	g.Instrument = id
	b := &events.Batch{Header: events.Header{Source: "floor", Epoch: "1", Mode: mode, IngestTime: ingest.UnixNano()}}
	l.state.Fold(b, &g, &l.facts)
	if len(l.facts.Refusals) > 0 {
		f.mu.Unlock()
		panic("gatewaytest: the fold refused: " + l.facts.Refusals[0].Text)
	}
	l.remember(id)
	var v instrument.View
	l.state.View(&v)
	for _, w := range l.watches {
		w.sink.ChangeInstrument(&v, &l.facts)
	}
	f.mu.Unlock()
	f.Flushed()
}

// remember keeps what a store would.
func (l *listed) remember(id string) {
	for _, t := range l.facts.Trades {
		l.trades = append(l.trades, &outcryv1.SequencedTrade{Seq: t.Seq, Trade: t.Trade.Proto()})
	}
	for _, c := range l.facts.Closed {
		var rest []*outcryv1.Bar
		for _, b := range l.closed[c.Resolution] {
			if b.Time != c.Bar.Time {
				rest = append(rest, b)
			}
		}
		l.closed[c.Resolution] = append(rest, c.Bar.Proto(id, c.Resolution))
	}
}
