package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// binanceParser reads captures of the exchange's combined streams: the
// capture time in ns, a blank, the message as it came. Depth is ignored until
// there are books.
type binanceParser struct {
	*rows
	// live: the exchange's own ids are the sequences, not lines.
	live bool
}

func newBinance(o Options) (lineParser, error) {
	if o.Venue == "" {
		o.Venue = "BINANCE"
	}
	o.Kind, o.TimeUnit = "", "ns"
	r, err := newRows(o)
	if err != nil {
		return nil, err
	}
	return &binanceParser{rows: r}, nil
}

type binanceMessage struct {
	Stream string          `json:"stream"`
	Data   json.RawMessage `json:"data"`
	// LastUpdateID marks the REST snapshot of the book.
	LastUpdateID json.Number `json:"lastUpdateId"`
	// Of answers to what a client asked, and of refusals.
	Error *BinanceRefusal `json:"error"`
	ID    json.RawMessage `json:"id"`
	Code  int             `json:"code"`
	Msg   string          `json:"msg"`
	Event string          `json:"e"`
	At    json.RawMessage `json:"E"` // or it would be taken for e
}

// encoding/json takes a key of the other case where its own is not declared,
// so both cases stand in the structs wherever the exchange uses both.
type bookTicker struct {
	UpdateID  json.Number `json:"u"`
	Symbol    string      `json:"s"`
	BidPrice  string      `json:"b"`
	BidSize   string      `json:"B"`
	AskPrice  string      `json:"a"`
	AskSize   string      `json:"A"`
	TimeMs    json.Number `json:"T"`
	EventMs   json.Number `json:"E"`
	EventType string      `json:"e"`
}

type exchangeTrade struct {
	Symbol    string      `json:"s"`
	TradeID   json.Number `json:"t"`
	TimeMs    json.Number `json:"T"`
	Price     string      `json:"p"`
	Size      string      `json:"q"`
	Maker     *bool       `json:"m"`
	Best      *bool       `json:"M"`
	EventMs   json.Number `json:"E"`
	EventType string      `json:"e"`
	// AggregateID is there where trades of one order at one price are told as one.
	AggregateID json.Number `json:"a"`
	AskOrder    json.Number `json:"A"` // or it would be taken for a
	// Execution is MARKET but for what was no deal of the market; spot has none.
	Execution string `json:"X"`
}

func (p *binanceParser) parse(line string, n uint64, emit func(*outcryv1.IngestEvent)) error {
	captured, body, err := captureTime(line)
	if err != nil {
		return err
	}
	var m binanceMessage
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	_, err = p.message(&m, captured, n, emit)
	return err
}

// message gives the inputs of one message, and which it was.
func (p *binanceParser) message(m *binanceMessage, received string, n uint64, emit func(*outcryv1.IngestEvent)) (t exchangeTick, err error) {
	kind, err := p.kind(m)
	if err != nil {
		return t, err
	}
	if t, err = readTick(kind, m.Data); err != nil {
		return t, fmt.Errorf("reading %s: %w", m.Stream, err)
	}
	if t.symbol == "" {
		return t, fmt.Errorf("%s has no symbol", m.Stream)
	}
	return t, p.tick(&t, received, n, emit)
}

// kind of a message that has a place here.
func (p *binanceParser) kind(m *binanceMessage) (string, error) {
	if m.LastUpdateID != "" {
		return "", errIgnored("book snapshot")
	}
	_, stream, _ := strings.Cut(m.Stream, "@")
	kind, _, _ := strings.Cut(stream, "@")
	switch kind {
	case "depth":
		return "", errIgnored("depth update")
	case "bookTicker", "trade":
	case "":
		return "", errors.New("not a message of a combined stream: no stream name")
	case "aggTrade":
		if p.live {
			break
		}
		fallthrough // a capture may hold the single trades, too
	default:
		return "", errIgnored("stream " + kind)
	}
	return kind, nil
}

func (p *binanceParser) tick(t *exchangeTick, received string, n uint64, emit func(*outcryv1.IngestEvent)) error {
	if t.execution != "" && t.execution != "MARKET" {
		return errIgnored("trade " + t.execution)
	}
	t.row["receive_time"] = received
	if t.row["time"] == "" {
		t.row["time"] = received // spot quotes have no time of the exchange
	}
	t.row["instrument"] = p.options.Venue + ":" + t.symbol
	if p.live {
		if t.id == 0 {
			return errors.New("a message without an id")
		}
		t.row["source_seq"] = strconv.FormatUint(t.id, 10)
	}
	return p.event(t.row, n, emit)
}

// captureTime cuts off the leading nanoseconds; messages without them are right too.
func captureTime(line string) (at, body string, err error) {
	if strings.HasPrefix(line, "{") {
		return "", line, nil
	}
	at, body, ok := strings.Cut(line, " ")
	if _, err := strconv.ParseInt(at, 10, 64); err != nil || !ok {
		return "", "", errors.New("not a capture: neither a time in ns nor a JSON object stands first")
	}
	return at, body, nil
}

// exchangeTick is a quote or trade in our field names, times in ns.
type exchangeTick struct {
	row               row
	symbol, execution string
	id                uint64 // rises within the symbol's stream; 0 is none
}

func readTick(kind string, data []byte) (t exchangeTick, err error) {
	if kind == "bookTicker" {
		var q bookTicker
		if err := json.Unmarshal(data, &q); err != nil {
			return t, err
		}
		t = exchangeTick{symbol: q.Symbol, row: row{"time": nanos(q.TimeMs), "bid_price": q.BidPrice, "bid_size": q.BidSize,
			"ask_price": q.AskPrice, "ask_size": q.AskSize}}
		t.id, err = exchangeID(q.UpdateID)
		return t, err
	}
	var x exchangeTrade
	if err := json.Unmarshal(data, &x); err != nil {
		return t, err
	}
	id := x.TradeID
	if kind == "aggTrade" {
		id = x.AggregateID
	}
	return x.tick(id)
}

func (x *exchangeTrade) tick(id json.Number) (t exchangeTick, err error) {
	if x.Maker == nil || x.TimeMs == "" {
		return t, errors.New("a trade without m (buyer is maker) or T (time)")
	}
	side := "buy"
	if *x.Maker {
		side = "sell" // the seller came to the buyer's order
	}
	t = exchangeTick{symbol: x.Symbol, execution: x.Execution, row: row{"time": nanos(x.TimeMs), "price": x.Price, "size": x.Size,
		"side": side, "trade_id": id.String()}}
	t.id, err = exchangeID(id)
	return t, err
}

// exchangeID reads an id; none is 0.
func exchangeID(id json.Number) (uint64, error) {
	if id == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(id.String(), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("reading the id %q: not a positive integer", id)
	}
	return n, nil
}

func nanos(ms json.Number) string {
	if ms == "" {
		return ""
	}
	return ms.String() + "000000"
}
