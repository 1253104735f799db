package binance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"outcry/events"
	"outcry/gateways/feeds/binance/exchangetest"
	outcryv1 "outcry/proto/outcry/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a server that decides as the actors do on identities and definitions, and remembers everything.
type house struct {
	mu       sync.Mutex
	windows  map[string]*events.Window
	defined  map[string]*outcryv1.Definition
	trades   map[string][]*outcryv1.Trade // accepted, in order
	quotes   map[string][]*outcryv1.Quote
	requests int
	changed  chan struct{} // closed with each request

	// down gives errors, slow waits, before anything is decided.
	down func(n int) error
	slow chan struct{}
}

func newHouse() *house {
	h := &house{changed: make(chan struct{})}
	h.forget()
	return h
}

// forget is a server that began anew.
func (h *house) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.windows, h.defined = map[string]*events.Window{}, map[string]*outcryv1.Definition{}
	h.trades, h.quotes = map[string][]*outcryv1.Trade{}, map[string][]*outcryv1.Quote{}
}

func (h *house) Ingest(ctx context.Context, r *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error) {
	if h.slow != nil {
		select {
		case <-h.slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests++
	if h.down != nil {
		if err := h.down(h.requests); err != nil {
			return nil, err
		}
	}
	a := &outcryv1.IngestResponse{}
	for _, ev := range r.Events {
		h.decide(r, ev, a)
	}
	close(h.changed)
	h.changed = make(chan struct{})
	return a, nil
}

func (h *house) decide(r *outcryv1.IngestRequest, ev *outcryv1.IngestEvent, a *outcryv1.IngestResponse) {
	if d := ev.GetTape().GetDefinition(); d != nil {
		h.defined[ev.Id] = d
		a.Accepted++
		return
	}
	if h.defined[ev.Id] == nil {
		a.Refused++
		a.Refusals = append(a.Refusals, &outcryv1.IngestRefusal{Id: ev.Id, Error: &outcryv1.Error{Code: outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT}})
		return
	}
	key, seq := fmt.Sprintf("%s %s %s %T", r.Source, r.Epoch, ev.Id, ev.Event), ev.GetTrade().GetSourceSeq()+ev.GetQuote().GetSourceSeq()
	w := h.windows[key]
	if w == nil {
		w = &events.Window{}
		h.windows[key] = w
	}
	switch v, _ := w.See(seq); v {
	case events.Duplicate:
		a.Duplicates++
	case events.Late:
		a.Late++
	default:
		a.Accepted++
		if t := ev.GetTrade(); t != nil {
			h.trades[ev.Id] = append(h.trades[ev.Id], proto.CloneOf(t))
		} else {
			h.quotes[ev.Id] = append(h.quotes[ev.Id], proto.CloneOf(ev.GetQuote()))
		}
	}
}

func (h *house) Latest(_ context.Context, r *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &outcryv1.LatestResponse{}
	for _, id := range r.Instruments {
		if h.defined[id] == nil {
			a.Unknown = append(a.Unknown, id)
			continue
		}
		l := &outcryv1.Latest{Instrument: id, Definition: h.defined[id]}
		if n := len(h.trades[id]); n > 0 {
			l.Trade = h.trades[id][n-1]
		}
		a.Instruments = append(a.Instruments, l)
	}
	return a, nil
}

// until waits for something about what is in.
func (h *house) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		h.mu.Lock()
		good, changed := ok(), h.changed
		h.mu.Unlock()
		if good {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// hasTrade says whether a trade of that id is in.
func (h *house) hasTrade(instrument string, id uint64) func() bool {
	return func() bool {
		all := h.trades[instrument]
		return len(all) > 0 && all[len(all)-1].SourceSeq >= id
	}
}

// dense complains where the trades in are not exactly those from first to last but the gaps, each once, in order.
func (h *house) dense(t *testing.T, instrument string, first, last uint64, gaps ...uint64) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	missing := map[uint64]bool{}
	for _, g := range gaps {
		missing[g] = true
	}
	i, all := 0, h.trades[instrument]
	for id := first; id <= last; id++ {
		if missing[id] {
			continue
		}
		if i >= len(all) || all[i].SourceSeq != id {
			got := uint64(0)
			if i < len(all) {
				got = all[i].SourceSeq
			}
			t.Fatalf("%s: instead of trade %d comes %d (%d of %d)", instrument, id, got, i, len(all))
		}
		if all[i].Price != price(id) {
			t.Fatalf("%s: trade %d has the price %d", instrument, id, all[i].Price)
		}
		i++
	}
	if i != len(all) {
		t.Fatalf("%s: %d trades too many", instrument, len(all)-i)
	}
}

// price of a synthetic trade, mantissa of exponent -8.
func price(id uint64) int64 { return int64(1000+id%100) * 1e6 }

// market makes messages of n trades with ids from first, and a quote after each.
func synthetic(symbol string, first uint64, n int) (all []exchangetest.Message) {
	var b strings.Builder
	for i := range n {
		id := first + uint64(i)
		fmt.Fprintf(&b, `{"stream":"%s@trade","data":{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%d.%02d000000","q":"0.50000000","T":%d,"m":%v,"M":true}}`+"\n",
			strings.ToLower(symbol), 1_723_161_255_000+i*10, symbol, id, (1000+id%100)/100, (1000+id%100)%100, 1_723_161_255_000+i*10, i%2 == 0)
		fmt.Fprintf(&b, `{"stream":"%s@bookTicker","data":{"u":%d,"s":"%s","b":"10.00000000","B":"3.00000000","a":"10.0%d000000","A":"1.00000000"}}`+"\n",
			strings.ToLower(symbol), 7_000_000+7*i, symbol, 1+i%9)
	}
	all, err := exchangetest.Parse(strings.NewReader(b.String()))
	if err != nil {
		panic(err)
	}
	return all
}

// steps of a symbol.
var steps = map[string][2]string{"BTCUSDT": {"0.01000000", "0.00001000"}, "ETHUSDT": {"0.01", "0.0001"}}

// running is a feed under way.
type running struct {
	*Feed
	t       *testing.T
	stop    context.CancelFunc
	ended   chan error
	notices chan Notice
}

// start runs a feed of the exchange into the house.
func start(t *testing.T, c Config, x *exchangetest.Exchange, h Server) *running {
	t.Helper()
	if x != nil {
		c.BaseURL, c.RestURL = x.BaseURL(), x.RestURL()
	}
	return startOn(t, c, h, nil)
}

func startOn(t *testing.T, c Config, h Server, d dialer) *running {
	t.Helper()
	r := &running{t: t, ended: make(chan error, 1), notices: make(chan Notice, 10_000)}
	f, err := New(c, h, Options{Notice: func(n Notice) { r.notices <- n }, GiveUp: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		f.dial = d
	}
	ctx, stop := context.WithCancel(t.Context())
	r.Feed, r.stop = f, stop
	go func() { r.ended <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-r.ended:
		case <-time.After(20 * time.Second):
			t.Error("the feed does not end")
		}
	})
	return r
}

// end stops it and wants it to end well.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	err := <-r.ended
	r.ended <- err
	if err != nil {
		r.t.Fatalf("the feed ends with %v", err)
	}
}

// told waits for a notice of a kind.
func (r *running) told(kind string) Notice {
	r.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case n := <-r.notices:
			if n.Kind == kind {
				return n
			}
		case <-limit:
			r.t.Fatalf("no notice %q", kind)
		}
	}
}

var errDown = errors.New("down")
