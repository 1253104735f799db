package events

import (
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// encoder holds the scratch memory of encoding.
type encoder struct {
	runs   []uint64
	quotes rows
	trades rows
	refs   []string // of the trades, where any has one
	events []byte   // finished fields
}

// rows gathers the rows of one group as wire values, column by column in one slab.
type rows struct {
	slab        []uint64
	width       int // rows that a column has room for
	n           int
	seq         uint64
	time, price int64
	id          int64
	received    bool // a row has a receive time
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// AppendBatch encodes b after dst. A Ref outside of its group's Refs or
// Events and a string that is not UTF-8 are broken invariants: they panic, or
// give bytes that no decoder takes.
func AppendBatch(dst []byte, b *Batch) []byte {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	return e.batch(dst, b)
}

func (e *encoder) batch(dst []byte, b *Batch) []byte {
	dst = appendHeader(dst, &b.Header)
	for _, w := range b.Dictionary {
		dst = appendText(dst, fieldDictionary, w)
	}
	for i := range b.Instruments {
		g := &b.Instruments[i]
		e.begin(len(g.Ticks))
		for j := range g.Ticks {
			switch t := &g.Ticks[j]; {
			case t.Kind == EventTick:
				e.event(g.Events[t.Ref])
			case t.Kind == TradeTick && t.Ref != 0:
				e.tick(t, g.Refs[t.Ref-1])
			default:
				e.tick(t, "")
			}
		}
		dst = e.end(dst, g.Instrument)
	}
	for _, g := range b.Rooms {
		dst = appendMessage(dst, fieldRooms, g)
	}
	if b.Clock {
		dst = append(dst, fieldClock<<3|byte(protowire.BytesType), 0)
	}
	return dst
}

func appendHeader(dst []byte, h *Header) []byte {
	dst = appendNumber(dst, fieldVersion, version)
	if h.Source != "" {
		dst = appendText(dst, fieldSource, h.Source)
	}
	if h.Epoch != "" {
		dst = appendText(dst, fieldEpoch, h.Epoch)
	}
	if h.Mode != 0 {
		dst = appendNumber(dst, fieldMode, uint64(h.Mode))
	}
	if h.IngestTime != 0 {
		dst = appendNumber(dst, fieldIngestTime, uint64(h.IngestTime))
	}
	if h.Trace != "" {
		dst = appendText(dst, fieldTrace, h.Trace)
	}
	return dst
}

// begin starts a group of at most n inputs.
func (e *encoder) begin(n int) {
	e.runs = e.runs[:0]
	e.quotes.begin(n)
	e.trades.begin(n)
	e.refs = e.refs[:0]
	e.events = e.events[:0]
}

func (r *rows) begin(n int) {
	*r = rows{slab: slices.Grow(r.slab[:0], n*columnCount)[:n*columnCount], width: n}
}

// count lengthens the last run or starts a new one.
func (e *encoder) count(k TickKind) {
	if last := len(e.runs) - 1; last >= 0 && TickKind(e.runs[last]&3) == k {
		e.runs[last] += 4
		return
	}
	e.runs = append(e.runs, 4|uint64(k))
}

// event adds a row that the generated code writes.
func (e *encoder) event(ev *outcryv1.TapeEvent) {
	e.count(EventTick)
	e.events = appendMessage(e.events, fieldEvents, ev)
}

// rawEvent adds a row that is encoded already.
func (e *encoder) rawEvent(data []byte) {
	e.count(EventTick)
	e.events = appendBytes(e.events, fieldEvents, data)
}

// tick adds a quote or trade; ref is a trade's id that is not numeric.
func (e *encoder) tick(t *Tick, ref string) {
	e.count(t.Kind)
	if t.Kind == QuoteTick {
		col, w := e.quotes.row(t)
		col[columnSpread*w] = protowire.EncodeZigZag(t.AskPrice - t.Price)
		col[columnAskSize*w] = protowire.EncodeZigZag(t.AskSize)
		col[columnAbsent*w] = uint64(t.Absent)
		return
	}
	r := &e.trades
	if ref != "" || len(e.refs) > 0 {
		for len(e.refs) < r.n { // the rows before the first that has one
			e.refs = append(e.refs, "")
		}
		e.refs = append(e.refs, ref)
	}
	id := r.id
	col, w := r.row(t)
	col[columnSide*w] = uint64(t.Side)
	col[columnTradeID*w] = protowire.EncodeZigZag(t.TradeID - id)
	r.id = t.TradeID
}

// row writes the columns that quotes and trades share. The row's value of column c is col[c*w].
func (r *rows) row(t *Tick) (col []uint64, w int) {
	w = r.width
	col = r.slab[r.n:]
	col[columnSourceSeq*w] = protowire.EncodeZigZag(int64(t.SourceSeq - r.seq))
	col[columnEventTime*w] = protowire.EncodeZigZag(t.EventTime - r.time)
	col[columnReceiveLag*w] = protowire.EncodeZigZag(t.ReceiveTime - t.EventTime)
	col[columnPrice*w] = protowire.EncodeZigZag(t.Price - r.price)
	col[columnSize*w] = protowire.EncodeZigZag(t.Size)
	col[columnVenue*w] = uint64(t.Venue)
	col[columnConditions*w] = uint64(t.Conditions)
	r.seq, r.time, r.price = t.SourceSeq, t.EventTime, t.Price
	r.received = r.received || t.ReceiveTime != 0
	r.n++
	return col, w
}

// end writes the group.
func (e *encoder) end(dst []byte, instrument string) []byte {
	dst, group := open(dst, fieldInstruments)
	dst = appendText(dst, fieldInstrument, instrument)
	if len(e.runs) > 0 {
		dst = appendVarints(dst, fieldRuns, e.runs)
	}
	if e.quotes.n > 0 {
		dst = e.quotes.append(dst, fieldQuotes, nil)
	}
	if e.trades.n > 0 {
		dst = e.trades.append(dst, fieldTrades, e.refs)
	}
	dst = append(dst, e.events...)
	return shut(dst, group)
}

func (r *rows) append(dst []byte, field int, refs []string) []byte {
	dst, start := open(dst, field)
	for c := range columnCount {
		if field == fieldTrades && c == columnTradeRef {
			for _, ref := range refs {
				dst = appendText(dst, c+1, ref)
			}
			continue
		}
		if values := r.slab[c*r.width:][:r.n]; r.needed(c, values) {
			dst = appendVarints(dst, c+1, values)
		}
	}
	return shut(dst, start)
}

func (r *rows) needed(column int, values []uint64) bool {
	switch column {
	case columnSourceSeq:
		return true
	case columnReceiveLag:
		return r.received
	}
	for _, v := range values {
		if v != 0 {
			return true
		}
	}
	return false
}

// open starts a field of bytes whose length is not known yet.
func open(dst []byte, field int) (_ []byte, start int) {
	return append(dst, byte(field<<3)|byte(protowire.BytesType), 0), len(dst) + 2
}

// shut writes the length before start. Moving what follows where it takes more
// than the one byte kept for it is cheaper than measuring everything first.
func shut(dst []byte, start int) []byte {
	n := len(dst) - start
	if n < 0x80 {
		dst[start-1] = byte(n)
		return dst
	}
	more := protowire.SizeVarint(uint64(n)) - 1
	dst = append(dst, make([]byte, more)...)
	copy(dst[start+more:], dst[start:start+n])
	protowire.AppendVarint(dst[:start-1], uint64(n))
	return dst
}

// appendVarints writes a packed field.
func appendVarints(dst []byte, field int, values []uint64) []byte {
	dst, start := open(dst, field)
	dst = slices.Grow(dst, 10*len(values))
	buf, n := dst[start:cap(dst)], 0
	for _, v := range values {
		for v >= 0x80 {
			buf[n] = byte(v) | 0x80
			v >>= 7
			n++
		}
		buf[n] = byte(v)
		n++
	}
	return shut(dst[:start+n], start)
}

func appendNumber(dst []byte, field int, v uint64) []byte {
	return protowire.AppendVarint(append(dst, byte(field<<3)|byte(protowire.VarintType)), v)
}

func appendText(dst []byte, field int, s string) []byte {
	return protowire.AppendString(append(dst, byte(field<<3)|byte(protowire.BytesType)), s)
}

func appendBytes(dst []byte, field int, b []byte) []byte {
	return protowire.AppendBytes(append(dst, byte(field<<3)|byte(protowire.BytesType)), b)
}

func appendMessage(dst []byte, field int, m proto.Message) []byte {
	dst, start := open(dst, field)
	dst, err := proto.MarshalOptions{}.MarshalAppend(dst, m)
	if err != nil {
		panic("events: encoding an input that was not checked: " + err.Error())
	}
	return shut(dst, start)
}
