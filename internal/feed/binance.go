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
type binanceParser struct{ *rows }

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
}

// encoding/json takes a key of the other case where its own is not declared,
// so both cases stand in the structs wherever the exchange uses both.
type bookTicker struct {
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
	if m.LastUpdateID != "" {
		return errIgnored("book snapshot")
	}
	_, stream, _ := strings.Cut(m.Stream, "@")
	kind, _, _ := strings.Cut(stream, "@")
	switch kind {
	case "depth":
		return errIgnored("depth update")
	case "bookTicker", "trade":
	case "":
		return errors.New("not a message of a combined stream: no stream name")
	default:
		return errIgnored("stream " + kind)
	}
	r, symbol, err := readTick(kind, m.Data)
	if err != nil {
		return fmt.Errorf("reading %s: %w", m.Stream, err)
	}
	if symbol == "" {
		return fmt.Errorf("%s has no symbol", m.Stream)
	}
	r["receive_time"] = captured
	if r["time"] == "" {
		r["time"] = captured // spot quotes have no time of the exchange
	}
	r["instrument"] = p.options.Venue + ":" + symbol
	return p.event(r, n, emit)
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

// readTick gives a quote or trade in our field names, times in ns.
func readTick(kind string, data []byte) (r row, symbol string, err error) {
	if kind == "bookTicker" {
		var q bookTicker
		if err := json.Unmarshal(data, &q); err != nil {
			return nil, "", err
		}
		return row{"time": nanos(q.TimeMs), "bid_price": q.BidPrice, "bid_size": q.BidSize,
			"ask_price": q.AskPrice, "ask_size": q.AskSize}, q.Symbol, nil
	}
	var t exchangeTrade
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, "", err
	}
	if t.Maker == nil || t.TimeMs == "" {
		return nil, "", errors.New("a trade without m (buyer is maker) or T (time)")
	}
	side := "buy"
	if *t.Maker {
		side = "sell" // the seller came to the buyer's order
	}
	return row{"time": nanos(t.TimeMs), "price": t.Price, "size": t.Size, "side": side,
		"trade_id": t.TradeID.String()}, t.Symbol, nil
}

func nanos(ms json.Number) string {
	if ms == "" {
		return ""
	}
	return ms.String() + "000000"
}
