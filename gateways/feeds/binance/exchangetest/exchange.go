package exchangetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Kind of a fault.
type Kind string

const (
	Cut      Kind = "cut"      // connections break, and the next Lines messages are missed
	Silence  Kind = "silence"  // connections stay open without a word, and the next Lines messages are missed
	Hole     Kind = "hole"     // the next Lines messages are missed on connections that go on
	Repeat   Kind = "repeat"   // the Lines messages before come again
	Garbage  Kind = "garbage"  // Lines messages of rubbish
	Shutdown Kind = "shutdown" // the exchange says that it will close
	Ping     Kind = "ping"     // a ping, for whose answer it waits
)

// Fault comes before message At, counted from 0.
type Fault struct {
	At    int
	Kind  Kind
	Lines int
}

// Config of an Exchange.
type Config struct {
	Messages []Message
	Faults   []Fault
	// Symbols that it has, with tick size and step size.
	Symbols map[string][2]string
	// Withheld trades are not given by REST.
	Withheld map[uint64]bool
	// KeyNeeded for historicalTrades, as at the futures exchange.
	KeyNeeded bool
	// FailFirst REST requests with the status FailWith, to be asked again after FailAfter seconds.
	FailFirst, FailWith, FailAfter int
	// Refuse handshakes with this status, if it is not 0.
	Refuse int
	// Pace waits between messages.
	Pace time.Duration
}

// Exchange is one that runs.
type Exchange struct {
	config Config
	url    string
	// Played is closed when all messages were played.
	Played chan struct{}
	// Subscribed holds the streams of each message that asked for some.
	Subscribed chan []string

	state struct {
		sync.Mutex
		members []*member
		came    chan struct{} // closed when a member comes
		at      int           // messages that have happened
		rest    []string      // paths asked for
		opened  int
		failed  int
		pings   int
	}
}

// Start makes an Exchange that ends with the test.
func Start(t testing.TB, c Config) *Exchange {
	x := &Exchange{config: c, Played: make(chan struct{}), Subscribed: make(chan []string, 1000)}
	x.state.came = make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/stream", x.stream)
	mux.HandleFunc("/api/v3/", x.rest)
	server := httptest.NewServer(mux)
	x.url = server.URL
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); x.play(ctx) }()
	t.Cleanup(func() {
		stop()
		x.cut()
		<-done
		server.CloseClientConnections()
		server.Close()
	})
	return x
}

// BaseURL of the streams.
func (x *Exchange) BaseURL() string { return "ws" + strings.TrimPrefix(x.url, "http") }

// RestURL of symbols and trades.
func (x *Exchange) RestURL() string { return x.url + "/api/v3" }

// Opened is how many connections were opened, Asked which REST paths were asked for.
func (x *Exchange) Opened() int {
	x.state.Lock()
	defer x.state.Unlock()
	return x.state.opened
}

// Asked lists the REST questions.
func (x *Exchange) Asked() []string {
	x.state.Lock()
	defer x.state.Unlock()
	return append([]string(nil), x.state.rest...)
}

// Answered is how many pings were answered.
func (x *Exchange) Answered() int {
	x.state.Lock()
	defer x.state.Unlock()
	return x.state.pings
}

// member is one connection.
type member struct {
	conn  *websocket.Conn
	wants map[string]bool
	muted bool
}

// play plays all messages.
func (x *Exchange) play(ctx context.Context) {
	faults := x.config.Faults
	for i := 0; i < len(x.config.Messages); i++ {
		x.happened(i)
		for len(faults) > 0 && faults[0].At <= i {
			i += x.fault(ctx, faults[0], i)
			faults = faults[1:]
		}
		if i >= len(x.config.Messages) || !x.audience(ctx) {
			break
		}
		x.happened(i + 1)
		x.send(ctx, x.config.Messages[i].Stream, x.config.Messages[i].Body)
		if x.config.Pace > 0 {
			time.Sleep(x.config.Pace) // it is the pace that was asked for, not a wait for something
		}
	}
	x.happened(len(x.config.Messages))
	if ctx.Err() == nil {
		close(x.Played)
	}
	x.linger(ctx)
}

// linger tells the newest message of each stream again and again: a market
// goes on, so that who missed the last one hears of it.
func (x *Exchange) linger(ctx context.Context) {
	newest := map[string]Message{}
	for _, m := range x.config.Messages {
		newest[m.Stream] = m
	}
	for ctx.Err() == nil {
		for _, m := range newest {
			x.send(ctx, m.Stream, m.Body)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// fault makes one, and says how many messages are missed by it.
func (x *Exchange) fault(ctx context.Context, f Fault, i int) (missed int) {
	switch f.Kind {
	case Cut:
		x.cut()
		return f.Lines
	case Silence:
		x.mute()
		return f.Lines
	case Hole:
		return f.Lines
	case Repeat:
		for _, m := range x.config.Messages[max(0, i-f.Lines):i] {
			x.send(ctx, m.Stream, m.Body)
		}
	case Garbage:
		for n := range f.Lines {
			x.send(ctx, "", []byte(rubbish[n%len(rubbish)]))
		}
	case Shutdown:
		x.send(ctx, "", []byte(`{"e":"serverShutdown","E":1723161255208}`))
	case Ping:
		x.ping(ctx)
	}
	return 0
}

var rubbish = []string{"", "{", "null", "[]", `"x"`, "\xff\xfe", `{"stream":"btcusdt@trade"}`, `{"stream":"btcusdt@trade","data":{}}`,
	`{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":-1,"p":"1","q":"1","T":1,"m":true}}`,
	`{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":99999999999999999999,"p":"1","q":"1","T":1723161255342,"m":true}}`,
	`{"stream":"nobody@trade","data":{"s":"NOBODY","t":7,"p":"1","q":"1","T":1723161255342,"m":true}}`,
	`{"stream":"btcusdt@bookTicker","data":{"u":1e999,"s":"BTCUSDT","b":"NaN","B":"1","a":"2","A":"1"}}`}

func (x *Exchange) happened(n int) {
	x.state.Lock()
	defer x.state.Unlock()
	x.state.at = n
}
