package host

import (
	"outcry/actors/instrument"
	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

type instrumentRules struct {
	withoutSecondBars bool
	facts             instrument.Facts
	// Scratch for sinks and rows, reused.
	view instrument.View
	bars [instrument.Resolutions][]instrument.Bar
}

type instrumentState struct {
	*instrument.State
	rules *instrumentRules
	// written is where the newest bars stood when their rows were last gathered.
	// A state that was packed since gathers them once more.
	written [instrument.Resolutions]uint64
}

func (s *instrumentState) fold(b *events.Batch, i int) { s.Fold(b, &b.Instruments[i], &s.rules.facts) }
func (s *instrumentState) advance(now int64)           { s.Advance(now, &s.rules.facts) }
func (s *instrumentState) deadline() int64             { return s.Deadline() }

func (r *instrumentRules) groups(b *events.Batch) int { return len(b.Instruments) }

func (r *instrumentRules) group(b *events.Batch, i int) (string, int) {
	return b.Instruments[i].Instrument, len(b.Instruments[i].Ticks)
}

func (r *instrumentRules) fresh(id string) state {
	return &instrumentState{State: instrument.New(id), rules: r}
}

func (r *instrumentRules) restore(id string, snapshot []byte) (state, error) {
	s, err := instrument.Restore(id, snapshot)
	if err != nil {
		return nil, err
	}
	return &instrumentState{State: s, rules: r}, nil
}

func (r *instrumentRules) begin(watches []*watch) {
	r.facts.Reset()
	r.facts.WantTrades, r.facts.WantTally = wantTrades(watches), len(watches) > 0
}

func wantTrades(watches []*watch) bool {
	for _, w := range watches {
		if w.wants&instrument.WantTrades != 0 {
			return true
		}
	}
	return false
}

func (r *instrumentRules) count(id string, b *events.Batch, i int, c *Counts) {
	f := &r.facts
	c.Accepted += f.Accepted
	c.Duplicates += f.Duplicates
	c.Late += f.Late
	c.Refused += f.Refused
	for _, refusal := range f.Refusals {
		seq := sourceSeq(&b.Instruments[i], refusal.Index)
		c.refuse(Refusal{Entity: id, SourceSeq: seq, Code: refusal.Code, Text: refusal.Text})
	}
}

func sourceSeq(g *events.Group, i int) uint64 {
	t := &g.Ticks[i]
	if t.Kind == events.EventTick {
		return g.Events[t.Ref].GetSourceSeq()
	}
	return t.SourceSeq
}

func (r *instrumentRules) rows(id string, s state, rows *projections.Rows) {
	for i := range r.facts.Closed {
		if c := &r.facts.Closed[i]; r.stores(c.Resolution) {
			rows.Bars = append(rows.Bars, c.Bar.Proto(id, c.Resolution))
		}
	}
	if len(r.facts.Dirty) > 0 {
		s.(*instrumentState).View(&r.view) // for the clock
	}
	for _, d := range r.facts.Dirty {
		if !r.stores(d.Resolution) {
			continue
		}
		rows.Dirty = append(rows.Dirty, projections.DirtyBar{Instrument: id, Resolution: resolutionOf(d.Resolution), Time: d.Time, ClockUs: r.view.ClockUs})
	}
	for i := range r.facts.Blocks {
		rows.Blocks = append(rows.Blocks, r.facts.Blocks[i].Proto(id))
	}
}

// stores says whether bars of a resolution have rows.
func (r *instrumentRules) stores(resolution int) bool {
	return resolution != instrument.Second || !r.withoutSecondBars
}

// SecondBarsStored says whether bars of 1s have rows.
func (h *Host) SecondBarsStored() bool { return !h.config.WithoutSecondBars }

func resolutionOf(resolution int) outcryv1.Resolution {
	if resolution == instrument.Second {
		return outcryv1.Resolution_RESOLUTION_1S
	}
	return outcryv1.Resolution_RESOLUTION_1M
}

func (r *instrumentRules) latest(id string, s state, rows *projections.Rows) {
	v, is := &r.view, s.(*instrumentState)
	is.View(v)
	rows.Latest = append(rows.Latest, v.Latest())
	for resolution := range v.Bars {
		// Quotes, nine in ten events, change no bar.
		if r.stores(resolution) && v.HasBar[resolution] && v.Bars[resolution].State == outcryv1.BarState_BAR_STATE_FORMING && v.BarChange[resolution] != is.written[resolution] {
			is.written[resolution] = v.BarChange[resolution]
			rows.Bars = append(rows.Bars, v.Bars[resolution].Proto(id, resolution))
		}
	}
}

func (r *instrumentRules) tell(s state, watches []*watch) {
	s.(*instrumentState).View(&r.view)
	for _, w := range watches {
		if !w.stopped.Load() {
			w.sink.(InstrumentSink).ChangeInstrument(&r.view, &r.facts)
		}
	}
}

func (r *instrumentRules) attach(s state, w *watch) {
	is := s.(*instrumentState)
	is.View(&r.view)
	for resolution := range r.bars {
		r.bars[resolution] = r.bars[resolution][:0]
		if w.wants&instrument.WantBars != 0 {
			r.bars[resolution] = is.Bars(resolution, r.bars[resolution])
		}
	}
	w.sink.(InstrumentSink).AttachInstrument(&r.view, r.bars)
}
