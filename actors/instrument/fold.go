package instrument

import (
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Fold decides on one group. Nothing of b and g is kept (strings are cloned
// where kept). The log's time has reached the batch's, so what is due by then
// comes first, as if Advance had been called.
func (s *State) Fold(b *events.Batch, g *events.Group, out *Facts) {
	s.Advance(b.IngestTime, out)
	f := folding{State: s, batch: b, group: g, out: out, live: b.Mode != outcryv1.Mode_MODE_IMPORT, source: out.key.of(&b.Header)}
	f.begin(b.IngestTime)
	for i := range g.Ticks {
		t := &g.Ticks[i]
		var why *fault
		switch t.Kind {
		case events.QuoteTick:
			why = f.onQuote(t)
		case events.TradeTick:
			why = f.onTrade(t)
		default:
			why = f.onEvent(g.Events[t.Ref])
		}
		if why != nil {
			out.refuse(i, why)
		}
	}
	if f.traded {
		s.settle(b.IngestTime, out)
	}
	f.end()
}

// Advance tells that the log's time has reached now (ns): due bars close and
// a live block that is old enough is cut. Where nothing is due, nothing changes.
func (s *State) Advance(now int64, out *Facts) {
	if s.due == 0 || now < s.due {
		return
	}
	f := folding{State: s, out: out}
	f.begin(now)
	f.move()
	s.settle(now, out)
	if s.block.aged(s.clock) {
		f.cut()
	}
	s.schedule()
	f.end()
}

// folding is one change group under way: a Fold or an Advance.
type folding struct {
	*State
	batch  *events.Batch
	group  *events.Group
	out    *Facts
	now    int64  // the log's time, ns
	source uint64 // key of the batch's source
	live   bool
	moved  bool // the entity's clock has moved
	traded bool // a bar was touched
}

// move gives the change group its time on the entity's clock, once.
func (f *folding) move() {
	if !f.moved {
		f.moved = true
		f.clock = max(f.clock+1, f.now/1000)
	}
}

// verdict says whether a source sequence is new; 0 is no sequence and always new.
func (f *folding) verdict(kind events.TickKind, seq uint64) events.Verdict {
	if seq == 0 {
		return events.New
	}
	v, gap := f.seen.see(f.source|uint64(kind), seq)
	f.out.turn.gaps += gap
	f.out.Gaps += gap
	return v
}

// tally counts a verdict and says whether to go on.
func (f *folding) tally(v events.Verdict) bool {
	switch v {
	case events.New:
		f.out.Accepted++
	case events.Duplicate:
		f.out.Duplicates++
		f.out.turn.duplicates++
	case events.Late:
		f.out.Late++
		f.out.turn.late++
	}
	return v == events.New
}

// next gives an accepted input of that event time its seq and room in the open block.
func (f *folding) next(at int64) {
	f.move()
	if f.block.ticks > 0 && (f.block.full(f.out.turn.pending()) || f.block.day != dayOf(at) || f.block.aged(f.clock)) {
		f.cut()
	}
	f.seq++
	if f.block.ticks == 0 {
		f.block.start(f.seq, at, f.clock)
	}
	f.block.count(at)
	if f.block.ticks == 1 || f.block.live != f.live {
		f.block.live = f.live
		f.schedule()
	}
}

// cut finishes the open block, if there is one.
func (f *folding) cut() {
	if f.block.ticks > 0 {
		f.out.turn.flush(&f.block)
		f.out.Blocks = append(f.out.Blocks, f.block.cut(f.clock))
	}
}

// word is the batch's word of a tick; 0 is none.
func (f *folding) word(i uint16) string {
	if i == 0 {
		return ""
	}
	return f.batch.Dictionary[i-1]
}
