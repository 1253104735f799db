package binance

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config says what to follow. Only Symbols are needed.
type Config struct {
	// Symbols as the exchange writes them, such as BTCUSDT.
	Symbols []string `yaml:"symbols"`
	// Market is spot (default) or usdm (USDⓈ-M futures).
	Market string `yaml:"market"`
	// Venue stands before the symbols, as in BINANCE:BTCUSDT. Default: BINANCE, of usdm BINANCE-USDM.
	Venue string `yaml:"venue"`
	// Streams of each symbol: trade or aggTrade, bookTicker, and depth, which is
	// only counted so far. Default: trade, bookTicker.
	Streams []string `yaml:"streams"`
	// BaseURL of the streams, ws or wss. Default: the exchange's.
	BaseURL string `yaml:"base_url"`
	// RestURL of symbols and past trades, with the path before exchangeInfo,
	// such as https://api.binance.com/api/v3. Default: the exchange's; none where BaseURL is another's.
	RestURL string `yaml:"rest_url"`
	// Epoch tells ids apart that began again, as a test network's do each month. At most 64 bytes.
	Epoch string `yaml:"epoch"`
	// Stale is after how long without a message a connection is made anew. Default 30s;
	// more for symbols that are seldom traded.
	Stale time.Duration `yaml:"stale"`
	// Lifetime of a connection before it is replaced without a hole. Default 23h: the exchange cuts at 24h.
	Lifetime time.Duration `yaml:"lifetime"`
	// MostMissing trades of a symbol are fetched after an outage; older ones stay a gap. Default 100,000.
	MostMissing uint64 `yaml:"most_missing"`
	// Queue is how many inputs may wait for the server before the sockets are not read. Default 50,000, which is 13 MB of quotes.
	Queue int `yaml:"queue"`
}

const (
	spot = "spot"
	usdm = "usdm"
)

// market is what the exchange's documentation says of one of its markets.
type market struct {
	venue, rest string
	base        string
	path        map[string]string // of a kind of stream, behind base
	streams     int               // on a connection, at most
}

var markets = map[string]market{
	spot: {venue: "BINANCE", base: "wss://stream.binance.com:9443", rest: "https://api.binance.com/api/v3", streams: 1024},
	usdm: {venue: "BINANCE-USDM", base: "wss://fstream.binance.com", rest: "https://fapi.binance.com/fapi/v1", streams: 200,
		path: map[string]string{"bookTicker": "/public", "depth": "/public", "trade": "/market", "aggTrade": "/market"}},
}

// Kinds of streams that a Feed follows.
func Kinds() []string { return []string{"trade", "aggTrade", "bookTicker", "depth"} }

var symbol = regexp.MustCompile(`^[A-Z0-9_]{1,32}$`)

// Validate gives all faults at once.
func (c Config) Validate() error {
	c = c.withDefaults()
	faults := c.faultsOfSymbols()
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if _, ok := markets[c.Market]; !ok {
		fault("market %q: there are spot and usdm", c.Market)
	}
	for _, s := range c.Streams {
		if !slices.Contains(Kinds(), s) {
			fault("stream %q: there are %s", s, strings.Join(Kinds(), ", "))
		}
	}
	if slices.Contains(c.Streams, "trade") && slices.Contains(c.Streams, "aggTrade") {
		fault("streams trade and aggTrade tell the same trades: follow one of them")
	}
	if !validURL(c.BaseURL, "ws", "wss") {
		fault("base URL %q: write ws://HOST:PORT or wss://HOST:PORT", c.BaseURL)
	}
	if c.RestURL != "" && !validURL(c.RestURL, "http", "https") {
		fault("REST URL %q: write https://HOST/PATH, such as https://api.binance.com/api/v3", c.RestURL)
	}
	if len(c.Venue) > 32 || strings.ContainsAny(c.Venue, " :\t\n") {
		fault("venue %q: at most 32 bytes, without blanks and colons", c.Venue)
	}
	if len(c.Epoch) > 64 {
		fault("epoch has %d bytes, at most 64 are allowed", len(c.Epoch))
	}
	if c.Stale < time.Second || c.Lifetime < 2*time.Second || c.Lifetime > 24*time.Hour {
		fault("stale is %s, at least 1s; lifetime is %s, 2s to 24h", c.Stale, c.Lifetime)
	}
	if c.Queue < 1 || c.Queue > 10_000_000 {
		fault("queue is %d: 1 to 10,000,000", c.Queue)
	}
	return errors.Join(faults...)
}

// mostSymbols of one feed, so that a mistake does not open hundreds of connections.
const mostSymbols = 4096

func (c Config) faultsOfSymbols() (faults []error) {
	if n := len(c.Symbols); n == 0 || n > mostSymbols {
		faults = append(faults, fmt.Errorf("%d symbols: 1 to %d are needed, such as BTCUSDT", n, mostSymbols))
	}
	seen := map[string]bool{}
	for _, s := range c.Symbols {
		switch {
		case !symbol.MatchString(s):
			faults = append(faults, fmt.Errorf("symbol %q: write letters and digits, such as BTCUSDT", s))
		case seen[s]:
			faults = append(faults, fmt.Errorf("symbol %s is named twice", s))
		}
		seen[s] = true
	}
	return faults
}

func validURL(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	return err == nil && slices.Contains(schemes, u.Scheme) && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}

func (c Config) withDefaults() Config {
	c.Symbols = slices.Clone(c.Symbols)
	for i, s := range c.Symbols {
		c.Symbols[i] = strings.ToUpper(s)
	}
	if c.Market == "" {
		c.Market = spot
	}
	m := markets[c.Market]
	if c.BaseURL == "" {
		c.BaseURL = m.base
		if c.RestURL == "" {
			c.RestURL = m.rest
		}
	}
	c.BaseURL, c.RestURL = strings.TrimRight(c.BaseURL, "/"), strings.TrimRight(c.RestURL, "/")
	set(&c.Venue, m.venue)
	set(&c.Stale, 30*time.Second)
	set(&c.Lifetime, 23*time.Hour)
	set(&c.MostMissing, 100_000)
	set(&c.Queue, 50_000)
	if len(c.Streams) == 0 {
		c.Streams = []string{"trade", "bookTicker"}
	}
	return c
}

func set[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// source of the inputs. Aggregated trades have ids of their own.
func (c Config) source() string {
	if slices.Contains(c.Streams, "aggTrade") {
		return "binance-agg"
	}
	return "binance"
}

// instrument is the id of a symbol.
func (c Config) instrument(symbol string) string { return c.Venue + ":" + symbol }
