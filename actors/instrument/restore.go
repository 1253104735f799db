package instrument

import (
	"bytes"
	"errors"
	"fmt"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

var (
	errSnapshotShort     = errors.New("it ends too early or a number is out of range")
	errSnapshotVersion   = errors.New("its version is unknown")
	errSnapshotBounds    = errors.New("it holds more than a state may")
	errSnapshotBars      = errors.New("its bars are not bars in order")
	errSnapshotCanonical = errors.New("its bytes are not canonical")
)

// Restore reads what Snapshot wrote, and nothing else. data is not kept.
func Restore(id string, data []byte) (*State, error) {
	s := New(id)
	p := parser{rest: data}
	p.state(s)
	if p.err == nil && !bytes.Equal(s.Snapshot(nil), data) {
		p.err = errSnapshotCanonical
	}
	if p.err != nil {
		return nil, fmt.Errorf("restoring instrument %s: %w", id, p.err)
	}
	return s, nil
}

func (p *parser) state(s *State) {
	if p.byte() != snapshotVersion {
		p.fail(errSnapshotVersion)
	}
	has := p.byte()
	if has > hasAll {
		p.fail(errSnapshotVersion)
	}
	copy(s.hash[:], p.bytes(uint64(len(s.hash))))
	p.numbers(&s.seq, &s.counts.duplicates, &s.counts.late, &s.counts.gaps, &s.counts.cancels,
		&s.quoteChange, &s.statsChange, &s.barChange[Second], &s.barChange[Minute])
	var status int64
	p.signed(&s.clock, &s.ingest, &status)
	s.status = outcryv1.TradingState(status)
	s.reason = p.text()
	if s.defined = has&hasDefinition != 0; s.defined {
		p.definition(&s.definition)
	}
	if s.quote.any = has&hasQuote != 0; s.quote.any {
		p.quote(&s.quote)
		if s.quote.worded {
			s.quoteVenue, s.quoteConditions = p.text(), p.text()
		}
	}
	if s.trade.any = has&hasTrade != 0; s.trade.any {
		p.trade(&s.trade)
	}
	if s.session.any = has&hasSession != 0; s.session.any {
		p.session(&s.session)
	}
	for resolution := range s.rings {
		p.ring(&s.rings[resolution], resolution)
	}
	p.windows(&s.seen)
	p.block(&s.block, s.seq)
	s.schedule()
}

func (p *parser) definition(d *Definition) {
	var price, size int64
	p.signed(&price, &size, &d.TickSize, &d.SizeStep)
	d.PriceExponent, d.SizeExponent = int32(price), int32(size)
	d.Currency, d.Calendar, d.Description = p.text(), p.text(), p.text()
}

func (p *parser) quote(q *newestQuote) {
	q.absent, q.worded = p.byte(), p.byte() != 0
	p.numbers(&q.sourceSeq)
	p.signed(&q.at, &q.receivedAt, &q.bid, &q.bidSize, &q.ask, &q.askSize)
}

func (p *parser) trade(n *newestTrade) {
	t := &n.tick
	t.Kind, t.Side = events.TradeTick, p.byte()
	p.numbers(&t.SourceSeq)
	p.signed(&t.EventTime, &t.ReceiveTime, &t.Price, &t.Size, &t.TradeID)
	n.ref = []byte(p.text())
	n.venue, n.conditions = p.text(), p.text()
}

func (p *parser) session(s *session) {
	var d int64
	p.signed(&d, &s.close)
	s.day = int32(d)
	p.numbers(&s.quotes, &s.sums.trades)
	if s.sums.trades > 0 {
		p.sums(&s.sums)
	}
}

func (p *parser) sums(s *sums) {
	p.signed(&s.openAt, &s.closeAt, &s.open, &s.high, &s.low, &s.close, &s.volume, &s.buy, &s.turnover.Hi)
	p.numbers(&s.turnover.Lo, &s.firstSeq, &s.lastSeq)
	s.closeAt += s.openAt
	s.high, s.low, s.close = s.high+s.open, s.low+s.open, s.close+s.open
	s.lastSeq += s.firstSeq
}

func (p *parser) ring(r *ring, resolution int) {
	p.numbers(&r.versions)
	n := p.number()
	if n > barsMax {
		p.fail(errSnapshotBounds)
		return
	}
	before := int64(-1)
	for range n {
		r.pack()
		r.grow()
		b := r.newest()
		p.bar(b)
		start := startOf(resolution, b.openAt)
		if p.err == nil && (start <= before || b.openAt < 0 || b.openAt > timeMax || startOf(resolution, b.closeAt) != start || b.volume <= 0) {
			p.fail(errSnapshotBars)
		}
		if p.err != nil {
			return
		}
		before = start
		if b.state == forming {
			r.wait(b, start, start+r.width+grace)
		}
	}
}

func (p *parser) bar(b *bar) {
	first := p.byte()
	b.state, b.live, b.dirty = first&(barLive-1), first&barLive != 0, first&barDirty != 0
	if b.state < forming || b.state > revised {
		p.fail(errSnapshotBars)
	}
	p.numbers(&b.trades)
	p.sums(&b.sums)
	p.signed(&b.clock)
	p.numbers(&b.barSeq)
	b.revision = uint32(p.number())
}

func (p *parser) windows(w *windows) {
	n := p.number()
	if n > hotMax {
		p.fail(errSnapshotBounds)
		return
	}
	for range n {
		h := window{key: p.key()}
		p.numbers(&h.floor, &h.high)
		if p.err != nil {
			return
		}
		var err error
		if h.exact, p.rest, err = events.ParseWindow(p.rest); err != nil {
			p.fail(err)
			return
		}
		if w.hot == nil {
			w.hot = w.inline[:0]
		}
		w.hot = append(w.hot, h)
	}
	if n = p.number(); n > coldMax {
		p.fail(errSnapshotBounds)
	}
	for range n {
		if p.err != nil {
			return
		}
		w.cold = append(w.cold, cold{key: p.key(), high: p.number()})
	}
}

func (p *parser) block(k *block, seq uint64) {
	n := p.number()
	if n == 0 {
		return
	}
	if n > blockBytes {
		p.fail(errSnapshotBounds)
		return
	}
	data := p.bytes(n)
	p.signed(&k.clock)
	k.live = p.byte() != 0
	if p.err != nil {
		return
	}
	if err := k.resume(seq, data); err != nil {
		p.fail(err)
	}
}

// resume fills a block from its data, of which seq is the last tick.
func (k *block) resume(seq uint64, data []byte) error {
	r, err := newBlockReader(0, data)
	if err != nil {
		return err
	}
	for r.more() {
		if err := r.next(); err != nil {
			return fmt.Errorf("reading its open block: %w", err)
		}
		at := r.tick.Tick.EventTime
		if r.ticks == 1 {
			k.day, k.low, k.high = dayOf(at), at, at
		}
		k.count(at)
	}
	if k.ticks == 0 || seq < uint64(k.ticks) {
		return errSnapshotBounds
	}
	k.data, k.words, k.past = bytes.Clone(data), r.words, r.past
	k.first = seq - uint64(k.ticks) + 1
	return nil
}
