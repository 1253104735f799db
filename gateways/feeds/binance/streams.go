package binance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// plan says which streams go over which connections: as few as the exchange
// allows, streams of one symbol together where they have the same address.
func (c Config) plan() (lines []plan) {
	m := markets[c.Market]
	perURL := map[string][]string{}
	var urls []string
	for _, s := range c.Symbols {
		for _, kind := range c.Streams {
			base := c.BaseURL
			if base == m.base {
				base += m.path[kind]
			}
			if perURL[base] == nil {
				urls = append(urls, base)
			}
			perURL[base] = append(perURL[base], c.streamName(s, kind))
		}
	}
	for _, base := range urls {
		for some := range slices.Chunk(perURL[base], m.streams) {
			lines = append(lines, plan{base: base, streams: some})
		}
	}
	return lines
}

// streamName as the exchange writes it.
func (c Config) streamName(symbol, kind string) string {
	if kind == "depth" {
		kind = "depth@100ms"
	}
	return strings.ToLower(symbol) + "@" + kind
}

// plan of one connection.
type plan struct {
	base    string
	streams []string
}

// longestQuery is how many bytes of stream names go into the URL: proxies
// refuse long ones. What is left is subscribed by messages.
const longestQuery = 2000

// url to open, and the streams that are in it.
func (p plan) url() (address string, rest []string) {
	n, size := 0, 0
	for n < len(p.streams) && size+len(p.streams[n])+1 <= longestQuery {
		size += len(p.streams[n]) + 1
		n++
	}
	names := make([]string, n)
	for i, s := range p.streams[:n] {
		names[i] = url.QueryEscape(s)
	}
	// @ is let through by every server, and is what the exchange's own examples have.
	return p.base + "/stream?streams=" + strings.ReplaceAll(strings.Join(names, "/"), "%40", "@"), p.streams[n:]
}

// perMessage is how many streams are subscribed at once.
const perMessage = 100

// subscriptions are the messages that ask for the streams.
func subscriptions(streams []string) (messages [][]byte) {
	for some := range slices.Chunk(streams, perMessage) {
		b, err := json.Marshal(map[string]any{"method": "SUBSCRIBE", "params": some, "id": len(messages) + 1})
		if err != nil {
			panic(fmt.Sprintf("binance: names of streams are JSON: %v", err))
		}
		messages = append(messages, b)
	}
	return messages
}
