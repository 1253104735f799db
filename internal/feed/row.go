package feed

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"outcry/events"
	"outcry/internal/decimal"
	outcryv1 "outcry/proto/outcry/v1"
)

// fieldNames are the names that csv headers and ndjson use.
var fieldNames = []string{
	"time", "receive_time", "instrument", "price", "size", "side", "trade_id",
	"bid_price", "bid_size", "ask_price", "ask_size", "venue", "conditions", "source_seq",
	"room", "user", "text",
}

// row is one line as named fields; absent and empty are the same.
type row map[string]string

// rows turns named fields into inputs.
type rows struct {
	options Options
	defined map[string]*outcryv1.Definition
}

func newRows(o Options) (*rows, error) {
	switch o.Kind {
	case "", "quote", "trade":
	default:
		return nil, fmt.Errorf("unknown kind %q; there are quote, trade", o.Kind)
	}
	if _, ok := unitNanos[o.TimeUnit]; o.TimeUnit != "" && !ok {
		return nil, fmt.Errorf("unknown time unit %q; there are s, ms, us, ns", o.TimeUnit)
	}
	return &rows{options: o, defined: map[string]*outcryv1.Definition{}}, nil
}

func (c *rows) event(r row, n uint64, emit func(*outcryv1.IngestEvent)) error {
	if r["room"] != "" || r["text"] != "" {
		return c.message(r, n, emit)
	}
	id := r["instrument"]
	if id == "" {
		id = c.options.Instrument
	}
	if id == "" {
		return errors.New("no instrument: give a field instrument, or --instrument")
	}
	seq, err := sequence(r, n)
	if err != nil {
		return err
	}
	kind := c.options.Kind
	if kind == "" {
		kind = "trade"
		if r["bid_price"] != "" || r["ask_price"] != "" {
			kind = "quote"
		}
	}
	d, fresh, err := c.definition(id)
	if err != nil {
		return err
	}
	ev := &outcryv1.IngestEvent{Id: id}
	if kind == "quote" {
		q, err := c.quote(r, d, seq)
		if err != nil {
			return err
		}
		ev.Event = &outcryv1.IngestEvent_Quote{Quote: q}
	} else {
		t, err := c.trade(r, d, seq)
		if err != nil {
			return err
		}
		ev.Event = &outcryv1.IngestEvent_Trade{Trade: t}
	}
	c.define(id, d, fresh, emit)
	emit(ev)
	return nil
}

// definition of an instrument, asked for once.
func (c *rows) definition(id string) (d *outcryv1.Definition, fresh bool, err error) {
	if d := c.defined[id]; d != nil {
		return d, false, nil
	}
	if err := events.ValidID(id); err != nil {
		return nil, false, err
	}
	if c.options.Definitions == nil {
		return nil, false, fmt.Errorf("instrument %s is not defined: give --definitions FILE or --define auto", id)
	}
	return c.options.Definitions.Definition(id)
}

// define remembers a definition and puts a fresh one before the first input that needs it.
func (c *rows) define(id string, d *outcryv1.Definition, fresh bool, emit func(*outcryv1.IngestEvent)) {
	if len(c.defined) >= definedMax {
		clear(c.defined)
	}
	c.defined[id] = d
	if fresh {
		emit(&outcryv1.IngestEvent{Id: id, Event: &outcryv1.IngestEvent_Tape{
			Tape: &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Definition{Definition: d}}}})
	}
}

func (c *rows) quote(r row, d *outcryv1.Definition, seq uint64) (*outcryv1.Quote, error) {
	q := &outcryv1.Quote{SourceSeq: seq, Venue: r["venue"], Conditions: r["conditions"]}
	var err error
	if q.EventTimeNs, q.ReceiveTimeNs, err = c.times(r); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name     string
		exponent int32
		to       **int64
	}{
		{"bid_price", d.PriceExponent, &q.BidPrice}, {"bid_size", d.SizeExponent, &q.BidSize},
		{"ask_price", d.PriceExponent, &q.AskPrice}, {"ask_size", d.SizeExponent, &q.AskSize},
	} {
		if r[f.name] == "" {
			continue
		}
		m, err := c.number(r, f.name, f.exponent)
		if err != nil {
			return nil, err
		}
		*f.to = &m
	}
	if q.BidPrice == nil && q.AskPrice == nil {
		return nil, errors.New("a quote needs bid_price or ask_price")
	}
	return q, nil
}

func (c *rows) trade(r row, d *outcryv1.Definition, seq uint64) (*outcryv1.Trade, error) {
	t := &outcryv1.Trade{SourceSeq: seq, TradeId: r["trade_id"], Venue: r["venue"], Conditions: r["conditions"]}
	var err error
	if t.EventTimeNs, t.ReceiveTimeNs, err = c.times(r); err != nil {
		return nil, err
	}
	if t.Price, err = c.number(r, "price", d.PriceExponent); err != nil {
		return nil, err
	}
	if t.Size, err = c.number(r, "size", d.SizeExponent); err != nil {
		return nil, err
	}
	if t.Side, err = side(r["side"]); err != nil {
		return nil, err
	}
	return t, nil
}

func (c *rows) message(r row, n uint64, emit func(*outcryv1.IngestEvent)) error {
	room := r["room"]
	if room == "" {
		room = c.options.Room
	}
	if room == "" || r["user"] == "" {
		return errors.New("a message needs room, user and text")
	}
	seq, err := sequence(r, n)
	if err != nil {
		return err
	}
	at, _, err := c.times(r)
	if err != nil {
		return err
	}
	emit(imported(room, r["user"], seq, at, outcryv1.MessageKind_MESSAGE_KIND_POST, r["text"]))
	return nil
}

func (c *rows) times(r row) (event, receive int64, err error) {
	if r["time"] == "" {
		return 0, 0, errors.New("no time")
	}
	if event, err = parseTime(r["time"], c.options.TimeUnit); err != nil {
		return 0, 0, fmt.Errorf("reading time: %w", err)
	}
	if r["receive_time"] != "" {
		if receive, err = parseTime(r["receive_time"], c.options.TimeUnit); err != nil {
			return 0, 0, fmt.Errorf("reading receive_time: %w", err)
		}
	}
	return event, receive, nil
}

// sequence is the source's own where it has one, else the line.
func sequence(r row, n uint64) (uint64, error) {
	if r["source_seq"] == "" {
		return n, nil
	}
	seq, err := strconv.ParseUint(r["source_seq"], 10, 64)
	if err != nil || seq == 0 {
		return 0, fmt.Errorf("reading source_seq %q: not a positive integer", r["source_seq"])
	}
	return seq, nil
}

func (c *rows) number(r row, name string, exponent int32) (int64, error) {
	if r[name] == "" {
		return 0, fmt.Errorf("no %s", name)
	}
	if c.options.Mantissas {
		exponent = 0
	}
	m, err := decimal.Parse(r[name], exponent)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if m < 0 && strings.HasSuffix(name, "size") {
		return 0, fmt.Errorf("%s %s is negative", name, r[name])
	}
	return m, nil
}

func side(text string) (outcryv1.Side, error) {
	switch strings.ToLower(text) {
	case "", "any", "none", "unknown":
		return outcryv1.Side_SIDE_UNSPECIFIED, nil
	case "buy", "b", "bid":
		return outcryv1.Side_SIDE_BUY, nil
	case "sell", "s", "ask", "a":
		return outcryv1.Side_SIDE_SELL, nil
	}
	return 0, fmt.Errorf("unknown side %q; there are buy, sell, any", text)
}

var unitNanos = map[string]int64{"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1}

// lastSecond that a time may have: the end of what int64 nanoseconds hold is 2262.
const lastSecond = 7_258_118_400 // 2200-01-01

// parseTime reads RFC 3339 or an integer of the unit, to ns since 1970 UTC.
func parseTime(text, unit string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return 0, fmt.Errorf("%q is neither RFC 3339 nor an integer", text)
		}
		if at.Unix() <= 0 || at.Unix() >= lastSecond {
			return 0, fmt.Errorf("%q is not between 1970 and 2200", text)
		}
		return at.UnixNano(), nil
	}
	if unit == "" {
		return 0, fmt.Errorf("%d is an integer: give --time-unit s, ms, us or ns", n)
	}
	nanos := unitNanos[unit]
	if n <= 0 || n/(1e9/nanos) >= lastSecond {
		return 0, fmt.Errorf("%d %s is not between 1970 and 2200: is the time unit right?", n, unit)
	}
	at := n * nanos
	if at < lastSecond*1e9/1000 { // until March 1970: seconds read as ms, ms as us, us as ns
		return 0, fmt.Errorf("%d %s is %s: is the time unit right?", n, unit, time.Unix(0, at).UTC().Format(time.DateOnly))
	}
	return at, nil
}

func imported(room, user string, seq uint64, at int64, kind outcryv1.MessageKind, text string, answers ...uint64) *outcryv1.IngestEvent {
	in := &outcryv1.Imported{Kind: kind, RepliesToSourceSeq: answers}
	if text != "" {
		in.Text = &outcryv1.Text{Data: []byte(text), Characters: uint32(len([]rune(text)))}
	}
	return &outcryv1.IngestEvent{Id: room, Event: &outcryv1.IngestEvent_Room{Room: &outcryv1.RoomInput{
		User: user, SourceSeq: seq, EventTimeNs: at, Input: &outcryv1.RoomInput_Imported{Imported: in}}}}
}
