package relay

import (
	"sync"
	"sync/atomic"

	"outcry/actors/instrument"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// Never-lose streams of an instrument.
const (
	// ClosedSecond and ClosedMinute are the versions of closed bars, by their bar_seq.
	ClosedSecond = 0
	ClosedMinute = 1
	// Trades are by the instrument's seq; other events lie between them.
	Trades  = 2
	streams = 3
)

// Items that an entry keeps of each stream.
const (
	barItems   = 120
	tradeItems = 1024
)

// Instrument is the entry of one instrument. Safe for many goroutines.
type Instrument struct {
	line    *line
	changed [wire.Slots]atomic.Int64 // ingest time, ns, of what made the newest version; 0: not an event
	cache   cache
	entry
	relay *Relay
	id    string
	watch watching
	mu    struct {
		sync.Mutex
		state   State
		streams instrument.Wants // those that are attached, too
		sink    *instrumentSink  // the one that is listened to
		view    instrument.View
		trades  instrument.Tally // since the view was last read
		gap     bool             // some of them were not told
		turns   uint16           // times that it became live, stale or known
		stale   wire.Staleness
		slots   [wire.Slots]watchers
	}
	streams [streams]Stream
}

// newInstrument is called with the relay's lock held.
func newInstrument(r *Relay, id string) *Instrument {
	in := &Instrument{relay: r, id: id}
	in.line = r.mu.slabs.line(in)
	for i, limit := range [streams]int{ClosedSecond: barItems, ClosedMinute: barItems, Trades: tradeItems} {
		in.streams[i] = Stream{mu: &in.mu.Mutex, limit: limit}
	}
	return in
}

// ID of the instrument.
func (in *Instrument) ID() string { return in.id }

// State is Attaching until the floor has told.
func (in *Instrument) State() State {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.mu.state
}

// StreamState is State of a stream, which is attached when somebody first asks for it:
// later than the rest, if that was watched before.
func (in *Instrument) StreamState(which int) State {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.mu.streams&WantOf(which) == 0 {
		return Attaching
	}
	return in.mu.state
}

// WantOf is what one has to want for a stream.
func WantOf(which int) instrument.Wants {
	if which == Trades {
		return instrument.WantTrades
	}
	return instrument.WantBars
}

// Stream is ClosedSecond, ClosedMinute or Trades.
func (in *Instrument) Stream(which int) *Stream { return &in.streams[which] }

// Version changes with every change of a slot; 0 before it is attached. eventsOf says what it counts.
func (in *Instrument) Version(s wire.Slot) uint64 { return in.version(s).Load() }

func (in *Instrument) version(s wire.Slot) *atomic.Uint64 { return &in.line.versions[s] }

// ChangedAt is the ingest time, ns, of what made a slot's newest version; 0
// where that was no event (it was attached, or became stale).
func (in *Instrument) ChangedAt(s wire.Slot) int64 { return in.changed[s].Load() }

// turnBits of a quote's version tell apart the times that only staleness changed;
// the rest is the instrument's seq.
const turnBits = 16

// eventsOf is what a version counts: the instrument's events for quotes, and the
// changes of the slot, becoming stale among them, for all others.
func eventsOf(s wire.Slot, version uint64) uint64 {
	if s == wire.Quote {
		return version >> turnBits
	}
	return version
}

// Watch asks for a mark of a board's place at each change of a slot, and when the entry was attached.
func (in *Instrument) Watch(s wire.Slot, b *Board, place int) {
	w := b.place(place)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.mu.slots[s].add(w)
}

// Unwatch takes the wish back. A mark may still come.
func (in *Instrument) Unwatch(s wire.Slot, b *Board, place int) {
	w := b.place(place)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.mu.slots[s].remove(w)
}

func (in *Instrument) attach(wants instrument.Wants) {
	in.watch.start(wants, func(wants instrument.Wants) func() {
		return in.relay.config.Floor.WatchInstrument(in.id, wants, &instrumentSink{in: in, wants: wants})
	})
}

func (in *Instrument) detach() { in.watch.end() }

// instrumentSink is one watch of an entry. When more is wanted a second one takes over once it
// is attached: the first, which may be told once more, is not listened to any longer.
type instrumentSink struct {
	in    *Instrument
	wants instrument.Wants
}

// AttachInstrument is called by the floor.
func (s *instrumentSink) AttachInstrument(v *instrument.View, bars [instrument.Resolutions][]instrument.Bar) {
	in := s.in
	in.mu.Lock()
	defer in.mu.Unlock()
	first := in.mu.sink == nil
	if first {
		in.mu.state = Unknown
	}
	in.mu.sink = s
	gained := s.wants &^ in.mu.streams
	in.mu.streams |= s.wants
	if gained&instrument.WantBars != 0 {
		for resolution := range bars {
			in.attachBars(resolution, bars[resolution])
		}
	}
	if gained&instrument.WantTrades != 0 {
		in.streams[Trades].restart(v.Seq)
	}
	if v.Seq >= in.mu.view.Seq { // else it is an owner that lags, and will come to it
		in.mu.gap = in.mu.gap || !first && v.Seq > in.mu.view.Seq // nobody told what lies between
		in.take(v)
	}
	in.bumpAll(0)
	for i := range in.streams {
		in.streams[i].watchers.mark()
	}
}

// ChangeInstrument is called by the floor.
func (s *instrumentSink) ChangeInstrument(v *instrument.View, f *instrument.Facts) {
	in := s.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.mu.sink != s || v.Seq < in.mu.view.Seq {
		return
	}
	old := &in.mu.view
	changed := [wire.Slots]bool{wire.Quote: v.Seq != old.Seq, wire.Stats: v.StatsSeq != old.StatsSeq,
		wire.BarSecond: v.Bars[instrument.Second] != old.Bars[instrument.Second],
		wire.BarMinute: v.Bars[instrument.Minute] != old.Bars[instrument.Minute]}
	if v.Seq > old.Seq { // what is told again by another owner is counted already
		in.mu.trades.Merge(&f.Tally)
		in.mu.gap = in.mu.gap || v.Seq-old.Seq != f.Accepted
	}
	if in.take(v) {
		in.bumpAll(v.IngestTime)
	} else {
		for i := range changed {
			if changed[i] {
				in.bump(wire.Slot(i), v.IngestTime)
			}
		}
	}
	if s.wants&instrument.WantBars != 0 {
		in.pushBars(f)
	}
	if s.wants&instrument.WantTrades != 0 {
		in.pushTrades(v.Seq, f)
	}
}

// take copies the view and says whether the instrument became live, stale or
// known by it. The lock is held, as in all below.
func (in *Instrument) take(v *instrument.View) (turned bool) {
	halted := isHalted(v) && in.mu.stale.Reason != outcryv1.StaleReason_STALE_REASON_HALT
	in.mu.view = *v
	if v.Defined && in.mu.state != Known {
		in.mu.state = Known
		turned = true
	}
	if halted {
		in.mu.stale = wire.Staleness{Since: v.IngestTime, Reason: outcryv1.StaleReason_STALE_REASON_HALT}
		return true
	}
	return in.refreshStale() || turned
}

func isHalted(v *instrument.View) bool {
	return v.Status == outcryv1.TradingState_TRADING_STATE_HALTED || v.Status == outcryv1.TradingState_TRADING_STATE_CLOSED
}

// refreshStale says whether the instrument became live or stale. A halt stays
// until the status says otherwise: nothing is expected to come meanwhile.
func (in *Instrument) refreshStale() bool {
	v, before := &in.mu.view, in.mu.stale
	switch {
	case isHalted(v):
	case in.relay.now.Load()-v.IngestTime > int64(in.relay.config.StaleAfter):
		in.mu.stale = wire.Staleness{Since: v.IngestTime, Reason: outcryv1.StaleReason_STALE_REASON_FEED}
	default:
		in.mu.stale = wire.Staleness{}
	}
	return in.mu.stale != before
}

// age looks at staleness after time went by.
func (in *Instrument) age() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.mu.state == Known && in.refreshStale() {
		in.bumpAll(0)
	}
}

// bumpAll makes a version of what no event of its own changed.
func (in *Instrument) bumpAll(at int64) {
	in.mu.turns++
	for i := range in.changed {
		in.bump(wire.Slot(i), at)
	}
}

func (in *Instrument) bump(s wire.Slot, at int64) {
	in.changed[s].Store(at)
	if s == wire.Quote {
		in.version(s).Store(in.mu.view.Seq<<turnBits | uint64(in.mu.turns))
	} else {
		in.version(s).Add(1)
	}
	in.mu.slots[s].mark()
}
