package relay

import (
	"cmp"
	"slices"

	"outcry/actors/instrument"
)

// attachBars fills a stream of closed bars from what the state keeps: the
// newest version of each of the newest bars. Below a seq that is not among
// them, one may be missing (a late print revised a bar that the state
// has already let go), so the ring is complete only from the newest such hole on.
func (in *Instrument) attachBars(resolution int, bars []instrument.Bar) {
	var closed []*instrument.Bar
	for i := range bars {
		if bars[i].BarSeq > 0 {
			closed = append(closed, &bars[i])
		}
	}
	slices.SortFunc(closed, func(a, b *instrument.Bar) int { return cmp.Compare(a.BarSeq, b.BarSeq) })
	s := &in.streams[resolution]
	s.restart(0)
	for _, b := range closed {
		in.pushBar(resolution, b)
	}
}

func (in *Instrument) pushBars(f *instrument.Facts) {
	for i := range f.Closed {
		in.pushBar(f.Closed[i].Resolution, &f.Closed[i].Bar)
	}
	for i := range f.Closed {
		in.streams[f.Closed[i].Resolution].watchers.mark()
	}
}

func (in *Instrument) pushBar(resolution int, b *instrument.Bar) {
	s := &in.streams[resolution]
	if b.BarSeq > s.complete+1 {
		s.floor = b.BarSeq - 1
	}
	s.push(NewItem(b.BarSeq, b.Proto(in.id, resolution)))
}

func (in *Instrument) pushTrades(seq uint64, f *instrument.Facts) {
	s := &in.streams[Trades]
	for i := range f.Trades {
		s.push(NewItem(f.Trades[i].Seq, f.Trades[i].Trade.Proto()))
	}
	s.complete = max(s.complete, seq)
	if len(f.Trades) > 0 {
		s.watchers.mark()
	}
}
