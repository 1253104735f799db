package events

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// groupReader reads one InstrumentGroup: first all of its fields, which may
// come in any order and in pieces, then row by row.
type groupReader struct {
	id     []byte
	runs   []uint64
	quotes columns
	trades columns
	refs   [][]byte // trade_ref, in the payload
	events []*outcryv1.TapeEvent
	rows   [3]uint64 // by TickKind, as the runs say
}

// columns holds the values of one message of columns as they are on the wire.
type columns struct {
	values      [columnCount][]uint64
	zeros       []uint64 // stand in for a column that was left out
	touched     bool     // since the last reset
	received    bool     // receive_lag_ns was there
	word        uint64   // highest use of the dictionary
	done        int      // rows handed out
	seq         uint64
	time, price int64
	id          int64
}

// release forgets what points into the payload or at messages of the record.
func (r *groupReader) release() {
	clear(r.refs)
	clear(r.events)
	r.id, r.refs, r.events = nil, r.refs[:0], r.events[:0]
}

// rowsMax is how many rows the largest slab has room for.
func (r *groupReader) rowsMax() int {
	n := max(cap(r.runs), cap(r.refs), len(r.quotes.zeros), len(r.trades.zeros))
	for i := range columnCount {
		n = max(n, cap(r.quotes.values[i]), cap(r.trades.values[i]))
	}
	return n
}

func (r *groupReader) read(data []byte) error {
	r.runs = r.runs[:0]
	r.quotes.reset()
	r.trades.reset()
	var f field
	for len(data) > 0 {
		var err error
		if data, err = f.next(data); err == nil {
			err = r.field(&f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *groupReader) field(f *field) (err error) {
	if f.number == fieldRuns {
		r.runs, err = f.numbers(r.runs)
		return err
	}
	if f.typ != protowire.BytesType {
		return nil
	}
	switch f.number {
	case fieldInstrument:
		r.id = f.data
		if !utf8.Valid(f.data) {
			return errText
		}
	case fieldQuotes:
		return r.quotes.read(f.data, nil)
	case fieldTrades:
		return r.trades.read(f.data, &r.refs)
	case fieldEvents:
		ev := new(outcryv1.TapeEvent)
		if err := proto.Unmarshal(f.data, ev); err != nil {
			return fmt.Errorf("event %d: %w", len(r.events), err)
		}
		r.events = append(r.events, ev)
	}
	return nil
}

// numbers appends the field's numbers, packed or not.
func (f *field) numbers(dst []uint64) ([]uint64, error) {
	switch f.typ {
	case protowire.VarintType:
		return append(dst, f.value), nil
	case protowire.BytesType:
		return appendUvarints(dst, f.data)
	}
	return dst, nil
}

func (c *columns) reset() {
	if !c.touched { // most groups have no trades
		return
	}
	for i := range c.values {
		c.values[i] = c.values[i][:0]
	}
	c.touched, c.received, c.word, c.done = false, false, 0, 0
	c.seq, c.time, c.price, c.id = 0, 0, 0, 0
}

// read takes the message's fields; refs is where the trades' column of texts goes.
func (c *columns) read(data []byte, refs *[][]byte) (err error) {
	c.touched = true
	var f field
	for len(data) > 0 {
		if data, err = f.next(data); err != nil {
			return err
		}
		switch {
		case f.number > columnCount:
		case refs != nil && f.number == columnTradeRef+1:
			if f.typ != protowire.BytesType {
				continue
			}
			if !utf8.Valid(f.data) {
				return errText
			}
			*refs = append(*refs, f.data)
		default:
			if c.values[f.number-1], err = f.numbers(c.values[f.number-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// check compares what the runs say with what the columns hold.
func (r *groupReader) check() error {
	r.rows = [3]uint64{}
	for i, run := range r.runs {
		run = uint64(uint32(run)) // as the generated code cuts it
		r.runs[i] = run
		if run&3 > uint64(EventTick) {
			return fmt.Errorf("run %d is of the unknown kind 3", i)
		}
		r.rows[run&3] += run >> 2
	}
	if n := r.rows[EventTick]; n != uint64(len(r.events)) {
		return fmt.Errorf("%d events for runs of %d", len(r.events), n)
	}
	if n := uint64(len(r.refs)); n != 0 && n != r.rows[TradeTick] {
		return fmt.Errorf("trades: column trade_ref has %d values for runs of %d", n, r.rows[TradeTick])
	}
	if err := r.quotes.check(r.rows[QuoteTick], 0, &quoteColumns); err != nil {
		return fmt.Errorf("quotes: %w", err)
	}
	if err := r.trades.check(r.rows[TradeTick], len(r.refs), &tradeColumns); err != nil {
		return fmt.Errorf("trades: %w", err)
	}
	return nil
}

// check makes sure that every column has one value a row or was left out.
func (c *columns) check(rows uint64, refs int, known *[columnCount]column) error {
	if rows == 0 && !c.touched {
		return nil
	}
	held := rows == uint64(refs)
	for i := range c.values {
		values := c.values[i]
		if len(values) == 0 {
			continue
		}
		if n := uint64(len(values)); n != rows {
			return fmt.Errorf("column %s has %d values for runs of %d", known[i].name, n, rows)
		}
		if err := c.limit(values, i, &known[i]); err != nil {
			return err
		}
		held = true
	}
	if !held {
		return fmt.Errorf("no column holds the %d rows of the runs", rows)
	}
	c.received = len(c.values[columnReceiveLag]) > 0
	if uint64(len(c.zeros)) < rows {
		c.zeros = make([]uint64, max(rows, 64))
	}
	return nil
}

// limit cuts the values of a uint32 column as the generated code does and
// refuses what has no place in a Tick.
func (c *columns) limit(values []uint64, i int, k *column) error {
	if k.limit == 0 {
		return nil
	}
	for j, v := range values {
		v = uint64(uint32(v))
		values[j] = v
		if v > k.limit {
			return fmt.Errorf("column %s has the value %d, at most %d is allowed", k.name, v, k.limit)
		}
		if i == columnVenue || i == columnConditions {
			c.word = max(c.word, v)
		}
	}
	return nil
}

// quotes gives the next len(part) rows.
func (c *columns) quotes(part []Tick) {
	spread, askSize, absent := c.next(columnSpread, part), c.next(columnAskSize, part), c.next(columnAbsent, part)
	c.shared(part)
	for i := range part {
		t := &part[i]
		t.Kind = QuoteTick
		t.AskPrice = t.Price + protowire.DecodeZigZag(spread[i])
		t.AskSize = protowire.DecodeZigZag(askSize[i])
		t.Absent = uint8(absent[i])
	}
}

// trades gives the next len(part) rows.
func (c *columns) trades(part []Tick) {
	side, id := c.next(columnSide, part), c.next(columnTradeID, part)
	c.shared(part)
	for i := range part {
		t := &part[i]
		t.Kind = TradeTick
		t.Side = uint8(side[i])
		c.id += protowire.DecodeZigZag(id[i])
		t.TradeID = c.id
	}
}

// next gives a column's values for the rows that come next.
func (c *columns) next(column int, part []Tick) []uint64 {
	if len(c.values[column]) == 0 {
		return c.zeros[:len(part)]
	}
	return c.values[column][c.done:][:len(part)]
}

// shared starts each row with what quotes and trades have in common.
func (c *columns) shared(part []Tick) {
	seqs, times, lags := c.next(columnSourceSeq, part), c.next(columnEventTime, part), c.next(columnReceiveLag, part)
	prices, sizes := c.next(columnPrice, part), c.next(columnSize, part)
	venues, conditions := c.next(columnVenue, part), c.next(columnConditions, part)
	seq, time, price := c.seq, c.time, c.price
	for i := range part {
		seq += uint64(protowire.DecodeZigZag(seqs[i]))
		time += protowire.DecodeZigZag(times[i])
		price += protowire.DecodeZigZag(prices[i])
		part[i] = Tick{SourceSeq: seq, EventTime: time, Price: price,
			Size: protowire.DecodeZigZag(sizes[i]), Venue: uint16(venues[i]), Conditions: uint16(conditions[i])}
		if c.received {
			part[i].ReceiveTime = time + protowire.DecodeZigZag(lags[i])
		}
	}
	c.seq, c.time, c.price = seq, time, price
	c.done += len(part)
}
