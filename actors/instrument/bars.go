package instrument

import outcryv1 "outcry/proto/outcry/v1"

const (
	second = 1_000_000_000 // ns
	grace  = 2 * second    // late prints of a live source
)

// widths of the resolutions, ns.
var widths = [Resolutions]int64{Second: second, Minute: 60 * second}

// startOf is the open time, ns, of the bar that an event time belongs to.
func startOf(resolution int, at int64) int64 {
	if resolution == Second {
		return at - at%second
	}
	return at - at%(60*second)
}

// sums is what trades add up to, in any order: open by the least (event time, seq),
// close by the greatest, extremes and exact sums.
type sums struct {
	open, high, low, close    int64
	volume, buy               int64
	turnover                  Int128
	trades, firstSeq, lastSeq uint64
	openAt, closeAt           int64 // event times of open and close, ns
}

// add takes one more trade. Its seq is higher than all before.
func (s *sums) add(t *trade) {
	if s.trades == 0 {
		*s = sums{open: t.price, high: t.price, low: t.price, close: t.price, firstSeq: t.seq, openAt: t.at, closeAt: t.at}
	}
	if t.at < s.openAt {
		s.open, s.openAt = t.price, t.at
	}
	if t.at >= s.closeAt {
		s.close, s.closeAt = t.price, t.at
	}
	s.high, s.low = max(s.high, t.price), min(s.low, t.price)
	s.volume += t.size
	if t.buy {
		s.buy += t.size
	}
	s.turnover = s.turnover.Add(Product(t.price, t.size))
	s.trades++
	s.lastSeq = t.seq
}

// bar is a Bar as the state keeps it: 128 bytes, two cache lines. Its open
// time is that of openAt, which always lies inside.
type bar struct {
	sums
	clock    int64 // µs
	barSeq   uint64
	revision uint32
	state    uint8 // outcryv1.BarState
	live     bool  // mode of the batch that touched it last
	dirty    bool
	touched  bool // since its newest version
}

const (
	forming = uint8(outcryv1.BarState_BAR_STATE_FORMING)
	closed  = uint8(outcryv1.BarState_BAR_STATE_CLOSED)
	revised = uint8(outcryv1.BarState_BAR_STATE_REVISED)
)

// toBar adds a trade to its bar. A trade older than the bars that are kept
// is a fact: its stored bar is dirty.
func (f *folding) toBar(resolution int, t *trade) {
	r, start := &f.rings[resolution], startOf(resolution, t.at)
	i, ok := r.find(start)
	if !ok && r.forgot(start) {
		f.out.dirty(DirtyBar{Resolution: resolution, Time: start / second})
		return
	}
	if !ok {
		if b := r.leaving(); b != nil {
			f.leave(resolution, b)
		}
		i = r.insert(i)
		r.at(i).state = forming
		if i+1 < r.n() && r.at(i+1).state != forming {
			r.at(i).state = closed // it closed empty, with the later one
		}
	}
	b := r.at(i)
	b.add(t)
	b.live = f.live
	r.touch(b, start)
	if i == r.n()-1 {
		f.barChange[resolution] = f.seq
	}
}

// soil marks the bar of a cancelled or corrected trade as dirty.
func (f *folding) soil(resolution int, at int64) {
	r, start := &f.rings[resolution], startOf(resolution, at)
	if i, ok := r.find(start); ok {
		b := r.at(i)
		b.dirty = true
		r.touch(b, start)
		f.traded = true
		if i == r.n()-1 {
			f.barChange[resolution] = f.seq
		}
	} else if r.forgot(start) {
		f.out.dirty(DirtyBar{Resolution: resolution, Time: start / second})
	}
}

// leave gives the oldest bar its last version, if it is still forming or
// changed in this group, before another takes its place.
func (f *folding) leave(resolution int, b *bar) {
	if b.state == forming || b.touched {
		f.version(resolution, b, f.out)
	}
}

// version closes a bar or, where it was closed before, revises it.
func (s *State) version(resolution int, b *bar, out *Facts) {
	r := &s.rings[resolution]
	if b.state == forming {
		b.state = closed
	} else {
		b.state = revised
		b.revision++
	}
	r.versions++
	b.barSeq, b.clock, b.touched = r.versions, s.clock, false
	out.turn.bars = b.append(append(out.turn.bars, byte(resolution)))
	out.Closed = append(out.Closed, ClosedBar{Resolution: resolution, Bar: b.public(resolution)})
}

// settle ends a change group at the log's time now: bars that are due close, closed
// ones that were touched get one new version, forming ones their clock.
// A live bar is due when its interval ended a grace ago, an import's when there is a later bar.
func (s *State) settle(now int64, out *Facts) {
	for resolution := range s.rings {
		r := &s.rings[resolution]
		if r.open == never {
			continue
		}
		i := r.since(r.open)
		r.open, r.due = never, 0
		for ; i < r.n(); i++ {
			b := r.at(i)
			start := startOf(resolution, b.openAt)
			due := start + r.width + grace
			switch {
			case b.state == forming && (b.live && now >= due || !b.live && i < r.n()-1), b.state != forming && b.touched:
				s.version(resolution, b, out)
			case b.state == forming:
				if b.touched {
					b.clock, b.touched = s.clock, false
				}
				r.wait(b, start, due)
			}
		}
	}
	s.schedule()
}

// public is the bar as others see it.
func (b *bar) public(resolution int) Bar {
	return Bar{Time: startOf(resolution, b.openAt) / second, Open: b.open, High: b.high, Low: b.low, Close: b.close,
		Volume: b.volume, BuyVolume: b.buy, Turnover: b.turnover, Trades: b.trades, FirstSeq: b.firstSeq, LastSeq: b.lastSeq,
		BarSeq: b.barSeq, ClockUs: b.clock, OpenTimeNs: b.openAt, CloseTimeNs: b.closeAt, Revision: b.revision,
		State: outcryv1.BarState(b.state), Dirty: b.dirty}
}

// Bars appends the bars that the state keeps, oldest first: the newest 120,
// those that are forming among them.
func (s *State) Bars(resolution int, dst []Bar) []Bar {
	r := &s.rings[resolution]
	r.each(func(b *bar) { dst = append(dst, b.public(resolution)) })
	return dst
}
