package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// Binance reads the messages of the exchange's live streams as Open reads
// captures of them, but with the exchange's ids as source sequences: a message
// that comes again on another connection is the same input. Not for many goroutines.
type Binance struct{ parser binanceParser }

// NewBinance uses Venue and Definitions of the options. Definitions are not
// put before inputs, even fresh ones: that is for who follows the stream.
func NewBinance(o Options) (*Binance, error) {
	o.Format, o.Kind, o.TimeUnit = "binance", "", "ns"
	r, err := newRows(o)
	if err != nil {
		return nil, err
	}
	return &Binance{binanceParser{rows: r, live: true}}, nil
}

// BinanceRefusal is the exchange's answer to a request that it did not like.
type BinanceRefusal struct {
	Code int    `json:"code"`
	Msg  string `json:"msg"`
}

func (r *BinanceRefusal) Error() string {
	return fmt.Sprintf("the exchange says %q (%d)", r.Msg, r.Code)
}

// BinanceMessage is one message of a stream.
type BinanceMessage struct {
	// Stream is its name, such as btcusdt@trade; empty for answers.
	Stream string
	// ID rises within a stream: of the trade, the aggregated trade or the book's update.
	ID uint64
	// Event is the input; nil where the message has no place here, which Ignored says.
	Event   *outcryv1.IngestEvent
	Ignored string
	// Closing: the exchange is about to close the connection.
	Closing bool
}

// Message reads one message that came at received. A refusal of what was
// asked for is a *BinanceRefusal; any other error is a message that cannot be read.
func (b *Binance) Message(body []byte, received time.Time) (out BinanceMessage, err error) {
	var m binanceMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return out, fmt.Errorf("reading JSON: %w", err)
	}
	out.Stream = m.Stream
	switch {
	case m.Error != nil:
		return out, m.Error
	case m.Stream == "" && m.Msg != "":
		return out, &BinanceRefusal{m.Code, m.Msg}
	case m.Event == "serverShutdown":
		return BinanceMessage{Closing: true, Ignored: m.Event}, nil
	case m.Stream == "" && m.ID != nil:
		out.Ignored = "answer"
		return out, nil
	}
	t, err := b.parser.message(&m, strconv.FormatInt(received.UnixNano(), 10), 0, out.take)
	return out.with(t.id, err)
}

// PastTrade reads one trade as the exchange's REST gives past ones, single or aggregated.
func (b *Binance) PastTrade(symbol string, body []byte, received time.Time) (out BinanceMessage, err error) {
	var past struct {
		exchangeTrade
		ID    json.Number `json:"id"`
		Price string      `json:"price"`
		Size  string      `json:"qty"`
		Time  json.Number `json:"time"`
		Maker *bool       `json:"isBuyerMaker"`
	}
	if err := json.Unmarshal(body, &past); err != nil {
		return out, fmt.Errorf("reading a past trade: %w", err)
	}
	x, id := past.exchangeTrade, past.AggregateID
	if past.ID != "" {
		x.Price, x.Size, x.TimeMs, x.Maker, id = past.Price, past.Size, past.Time, past.Maker, past.ID
	}
	t, err := x.tick(id)
	if err != nil {
		return out, fmt.Errorf("reading a past trade: %w", err)
	}
	t.symbol = symbol
	return out.with(t.id, b.parser.tick(&t, strconv.FormatInt(received.UnixNano(), 10), 0, out.take))
}

// take leaves out definitions.
func (m *BinanceMessage) take(ev *outcryv1.IngestEvent) {
	if ev.GetTape() == nil {
		m.Event = ev
	}
}

func (m BinanceMessage) with(id uint64, err error) (BinanceMessage, error) {
	var ignored errIgnored
	if errors.As(err, &ignored) {
		m.Ignored, err = string(ignored), nil
	}
	m.ID = id
	return m, err
}
