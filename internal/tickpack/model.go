package tickpack

import "math/bits"

// model is what a block's ticks teach about the next one.
type model struct {
	steps
	before [3]tick // newest of each kind
	kind   uint8   // of the newest tick
	got    int64   // newest receive time
	mask   uint64  // what changed with the newest quote

	unusual  [3]odds
	kinds    [3][4]odds // by the kind before
	marked   [3]odds
	marks    [3][256]odds
	changed  [16][16]odds
	gots     number
	gotRests number
	ats      [3]number
	seqs     [3]number
	prices   [2]number // bid, ask
	sizes    [2]number
	trade    number // price
	traded   number // size
	ids      number
	sides    [4][4]odds
	events   number
}

// tick writes t, or reads it.
func (m *model) tick(c *coder, t *tick) {
	m.head(c, t)
	p := &m.before[t.kind]
	m.mark(c, t, p)
	gap := m.times(c, t, p)
	t.seq = p.seq + 1 + uint64(c.signed(&m.seqs[t.kind], gap, int64(t.seq-p.seq-1)))
	switch t.kind {
	case quoteKind:
		m.quote(c, t, p)
	case tradeKind:
		m.trades(c, t, p)
	case eventKind:
		t.price = int64(c.unsigned(&m.events, 0, uint64(t.price)))
	}
	*p = *t
}

// head is the kind, and whether marks follow; mostly both are as with the tick before.
func (m *model) head(c *coder, t *tick) {
	unusual := c.bit(&m.unusual[m.kind], isTrue(t.kind != m.kind || t.marked))
	if unusual == 0 {
		t.kind, t.marked = m.kind, false
		return
	}
	t.kind = uint8(c.tree(m.kinds[m.kind][:], uint64(t.kind))) % 3
	t.marked = c.bit(&m.marked[t.kind], isTrue(t.marked)) == 1
	m.kind = t.kind
}

func (m *model) mark(c *coder, t, p *tick) {
	if !t.marked {
		t.marks = p.marks
		return
	}
	for i := range t.marks {
		t.marks[i] = uint8(c.tree(m.marks[i][:], uint64(t.marks[i])))
	}
	t.marks[0] &= flagsAll
}

// times tells the receive time against the newest one, because they rise, and
// the event time against how much later this tick was received than the one of
// its kind before. It gives a context: how long that was.
func (m *model) times(c *coder, t, p *tick) (gap int) {
	if t.marks[0]&flagUnreceived == 0 {
		step := int64(m.steps.got)
		times, rest := nearest(t.got-m.got, step)
		times = c.signed(&m.gots, int(t.kind), times)
		if step > 1 {
			rest = c.signed(&m.gotRests, 0, rest)
		}
		t.got = m.got + times*step + rest
		m.got = t.got
		gap = min(bits.Len64(zigzag(times))/3, contexts-1)
	} else {
		t.got = p.got
	}
	step, later := int64(m.steps.at[t.kind]), t.got-p.got
	context := 0
	if step > 1 {
		context = min(bits.Len64(zigzag(later)>>10)/3, contexts-1)
	}
	expected := later / step
	t.at = p.at + step*(expected+c.signed(&m.ats[t.kind], context, (t.at-p.at)/step-expected))
	return gap
}

// nearest multiple of step, and what is left.
func nearest(d, step int64) (times, rest int64) {
	times, rest = d/step, d%step
	if rest > step/2 {
		return times + 1, rest - step
	}
	if rest < -step/2 {
		return times - 1, rest + step
	}
	return times, rest
}

// What changed with a quote.
const (
	bidMoved = 1 << iota
	askMoved
	bidSized
	askSized
)

func (m *model) quote(c *coder, t, p *tick) {
	if t.marks[0]&flagNoAsk != 0 {
		t.other = p.other
	}
	mask := uint64(0)
	if t.price != p.price {
		mask |= bidMoved
	}
	if t.other != p.other {
		mask |= askMoved
	}
	if t.size != p.size {
		mask |= bidSized
	}
	if t.amount != p.amount {
		mask |= askSized
	}
	mask = c.tree(m.changed[m.mask][:], mask)
	m.mask = mask
	price, size := int64(m.steps.price[0]), m.steps.size[0]
	bid, ask := int(mask&bidMoved), int(mask&askMoved)/askMoved
	d, times := t.price-p.price, (t.other-t.price)/price
	t.price, t.other = p.price, p.other
	if bid != 0 {
		t.price += price * c.signed(&m.prices[0], ask, d/price)
	}
	if ask != 0 {
		t.other = t.price + price*c.signed(&m.prices[1], bid, times)
	}
	if mask&bidSized != 0 {
		t.size = size * c.unsigned(&m.sizes[0], bid, t.size/size)
	} else {
		t.size = p.size
	}
	if mask&askSized != 0 {
		t.amount = size * c.unsigned(&m.sizes[1], ask, t.amount/size)
	} else {
		t.amount = p.amount
	}
}

func (m *model) trades(c *coder, t, p *tick) {
	t.other = p.other + 1 + c.signed(&m.ids, 0, t.other-p.other-1)
	t.amount = m.side(c, t.amount, p.amount)
	context := 0
	if t.amount != p.amount {
		context = 1
	}
	price, size := int64(m.steps.price[1]), m.steps.size[1]
	t.price = p.price + price*c.signed(&m.trade, context, (t.price-p.price)/price)
	t.size = size * c.unsigned(&m.traded, 0, t.size/size)
}

// side is 0, 1 or 2, but any number may stand there.
func (m *model) side(c *coder, v, before uint64) uint64 {
	const other = 3
	if s := c.tree(m.sides[min(before, other)][:], min(v, other)); s != other {
		return s
	}
	return c.unsigned(&m.events, 1, v)
}
