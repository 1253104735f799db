package gatewaytest

import (
	"math/bits"
	"testing"

	"outcry/actors/instrument"
	outcryv1 "outcry/proto/outcry/v1"
)

// ledger is what a careful client makes of the updates of one quote topic: counts, and
// bars of its own. It has the rules of docs/PROTOCOL.md and shares no code with the server.
type ledger struct {
	t       testing.TB
	began   uint64 // seq of the snapshot; 0 before it
	seq     uint64
	updates uint64 // with events
	merged  uint64 // events that were told and not shown
	gap     bool
	bars    map[int64]*outcryv1.Bar
	earlier uint64 // trades that are not told apart
}

func newLedger(t testing.TB) *ledger { return &ledger{t: t, bars: map[int64]*outcryv1.Bar{}} }

func (l *ledger) take(u *outcryv1.Update) {
	l.t.Helper()
	m := u.GetMerged()
	switch {
	case u.GetSnapshot():
		if l.began != 0 || m != nil {
			l.t.Fatalf("at %d came another snapshot, or one that merges: %v", l.seq, u)
		}
		l.began, l.seq = u.GetSeq(), u.GetSeq()
		return
	case u.GetSeq() == l.seq: // only staleness changed
		if m != nil {
			l.t.Fatalf("without an event something was merged: %v", u)
		}
		return
	}
	events := max(m.GetEvents(), 1)
	if l.began == 0 || l.seq+events != u.GetSeq() {
		l.t.Fatalf("%d events led from %d to %d: %v", events, l.seq, u.GetSeq(), u)
	}
	l.seq, l.gap = u.GetSeq(), l.gap || m.GetGap()
	l.updates, l.merged = l.updates+1, l.merged+events-1
	l.earlier += m.GetEarlier().GetTrades()
	before := int64(-1)
	for _, part := range m.GetMinutes() {
		if part.GetTime() <= before {
			l.t.Fatalf("minutes are not ascending: %v", u)
		}
		before = part.GetTime()
		l.add(part)
	}
}

// add merges a part into the client's own bar. Its trades came after all that are in there.
func (l *ledger) add(part *outcryv1.Bar) {
	b := l.bars[part.GetTime()]
	if b == nil {
		l.bars[part.GetTime()] = part
		return
	}
	if part.OpenTimeNs < b.OpenTimeNs {
		b.Open, b.OpenTimeNs = part.Open, part.OpenTimeNs
	}
	if part.CloseTimeNs >= b.CloseTimeNs {
		b.Close, b.CloseTimeNs = part.Close, part.CloseTimeNs
	}
	b.High, b.Low = max(b.High, part.High), min(b.Low, part.Low)
	b.Volume, b.BuyVolume, b.Trades = b.Volume+part.Volume, b.BuyVolume+part.BuyVolume, b.Trades+part.Trades
	b.LastSeq = part.LastSeq
	lo, carry := bits.Add64(b.Turnover.GetLo(), part.Turnover.GetLo(), 0)
	b.Turnover = &outcryv1.Int128{Hi: b.Turnover.GetHi() + part.Turnover.GetHi() + int64(carry), Lo: lo}
}

// check demands that a book says the same as this client has counted.
func (l *ledger) check(b *outcryv1.Book) {
	l.t.Helper()
	if b.GetError() != nil || b.GetPublished() != b.GetDelivered()+b.GetConflated()+b.GetFiltered()+b.GetLost()+b.GetWaiting() {
		l.t.Fatalf("the book does not add up: %v", b)
	}
	if b.GetDelivered() != l.updates || b.GetConflated() != l.merged || b.GetFiltered() != 0 || b.GetLost() != 0 {
		l.t.Fatalf("%d updates came and told of %d more; the book says %v", l.updates, l.merged, b)
	}
}

// sums are what trades add up to, whatever their minutes.
type sums struct {
	trades, volume, buy uint64
	high, low           int64
	turnover            instrument.Int128
}

func (s *sums) add(trades uint64, high, low, volume, buy int64, turnover instrument.Int128) {
	if s.trades == 0 {
		s.high, s.low = high, low
	}
	s.trades, s.volume, s.buy = s.trades+trades, s.volume+uint64(volume), s.buy+uint64(buy)
	s.high, s.low = max(s.high, high), min(s.low, low)
	s.turnover = s.turnover.Add(turnover)
}
