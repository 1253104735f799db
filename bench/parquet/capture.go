package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"outcry/events"
	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// capture is one recorded file of the exchange.
type capture struct {
	name  string
	lines []byte // unpacked
}

func readCapture(path string) (*capture, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	lines, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return &capture{strings.TrimSuffix(filepath.Base(path), ".jsonl.gz"), lines}, nil
}

// imported gives the capture's inputs as `outcry import` reads them: lines are the source sequences.
func (c *capture) imported(definitions feed.Definitions) (all []*outcryv1.IngestEvent, err error) {
	r, err := feed.Open(bytes.NewReader(c.lines), c.name, feed.Options{Format: "binance", Definitions: definitions})
	if err != nil {
		return nil, err
	}
	for {
		ev, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if ev.GetTape() == nil {
			all = append(all, ev)
		}
	}
}

// followed gives them as `outcry feed binance` does: the exchange's ids are the source sequences.
func (c *capture) followed(definitions feed.Definitions) (all []*outcryv1.IngestEvent, err error) {
	b, err := feed.NewBinance(feed.Options{Definitions: definitions})
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(c.lines))
	lines.Buffer(nil, feed.MaxLine)
	for lines.Scan() {
		at, body, _ := strings.Cut(lines.Text(), " ")
		ns, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", c.name, err)
		}
		m, err := b.Message([]byte(body), time.Unix(0, ns))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", c.name, err)
		}
		if m.Event != nil {
			all = append(all, m.Event)
		}
	}
	return all, lines.Err()
}

// tickOf is the input as the log has it.
func tickOf(ev *outcryv1.IngestEvent) (events.Tick, error) {
	if q := ev.GetQuote(); q != nil {
		return events.Tick{Kind: events.QuoteTick, SourceSeq: q.SourceSeq, EventTime: q.EventTimeNs, ReceiveTime: q.ReceiveTimeNs,
			Price: q.GetBidPrice(), Size: q.GetBidSize(), AskPrice: q.GetAskPrice(), AskSize: q.GetAskSize()}, nil
	}
	t := ev.GetTrade()
	id, err := strconv.ParseInt(t.GetTradeId(), 10, 64)
	if err != nil {
		return events.Tick{}, fmt.Errorf("an input that is neither a quote nor a trade with a number for its id: %w", err)
	}
	return events.Tick{Kind: events.TradeTick, SourceSeq: t.SourceSeq, EventTime: t.EventTimeNs, ReceiveTime: t.ReceiveTimeNs,
		Price: t.Price, Size: t.Size, TradeID: id, Side: uint8(t.Side)}, nil
}
