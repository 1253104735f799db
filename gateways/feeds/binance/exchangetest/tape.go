package exchangetest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// Message of a combined stream, as it came.
type Message struct {
	Stream string
	Body   []byte
	past   any    // of trades: as REST gives it
	id     uint64 // of trades
}

// pastTrade is as REST gives it.
type pastTrade struct {
	ID     uint64 `json:"id"`
	Price  string `json:"price"`
	Size   string `json:"qty"`
	TimeMs int64  `json:"time"`
	Maker  bool   `json:"isBuyerMaker"`
}

// Parse reads messages, one a line, with or without a capture time before them.
// What is no message of a stream is left out.
func Parse(r io.Reader) (all []Message, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		body := lines.Bytes()
		if i := bytes.IndexByte(body, '{'); i >= 0 {
			body = bytes.Clone(body[i:])
		}
		m, err := parse(body)
		if err != nil {
			return nil, err
		}
		if m.Stream != "" {
			all = append(all, m)
		}
	}
	return all, lines.Err()
}

func parse(body []byte) (m Message, err error) {
	var read struct {
		Stream string          `json:"stream"`
		Data   json.RawMessage `json:"data"`
	}
	if err = json.Unmarshal(body, &read); err == nil {
		m = Message{Stream: read.Stream, Body: body}
		switch {
		case strings.HasSuffix(m.Stream, "@trade"):
			err = m.trade(read.Data)
		case strings.HasSuffix(m.Stream, "@aggTrade"):
			err = m.aggregate(read.Data)
		}
	}
	if err != nil {
		return m, fmt.Errorf("reading a recorded message: %w", err)
	}
	return m, nil
}

func (m *Message) trade(data []byte) error {
	var d struct {
		ID    uint64          `json:"t"`
		Price string          `json:"p"`
		Size  string          `json:"q"`
		Time  int64           `json:"T"`
		Maker bool            `json:"m"`
		Best  json.RawMessage `json:"M"` // or it would be taken for m
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	m.past, m.id = &pastTrade{d.ID, d.Price, d.Size, d.Time, d.Maker}, d.ID
	return nil
}

// aggregate: REST gives aggregated trades as the stream does.
func (m *Message) aggregate(data []byte) error {
	var d struct {
		ID    uint64          `json:"a"`
		Other json.RawMessage `json:"A"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	m.past, m.id = json.RawMessage(data), d.ID
	return nil
}

// Load reads gzipped captures one after the other.
func Load(paths ...string) (all []Message, err error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		some, err := Parse(z)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// LastTrade is the id of the newest trade.
func LastTrade(all []Message) (id uint64) {
	for _, m := range all {
		id = max(id, m.id)
	}
	return id
}
