package feed

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

var liveTime = time.Unix(0, 1_723_161_254_087_896_568)

func newLive(t testing.TB) *Binance {
	b, err := NewBinance(Options{Venue: "BINANCE", Definitions: auto{}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A live trade must be the one that REST gives afterwards, or mending a hole would double or change it.
func TestALiveTradeIsTheOneThatRESTGives(t *testing.T) {
	b := newLive(t)
	for _, c := range []struct{ live, past string }{
		{`{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}`,
			`{"id":3735683259,"price":"61837.63000000","qty":"0.02000000","quoteQty":"1236.75","time":1723161255342,"isBuyerMaker":true,"isBestMatch":true}`},
		{`{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","a":26129,"p":"1.5","q":"3","f":27781,"l":27785,"T":1723161255342,"m":false,"M":true}}`,
			`{"a":26129,"p":"1.5","q":"3","f":27781,"l":27785,"T":1723161255342,"m":false,"M":true}`},
	} {
		live, err := b.Message([]byte(c.live), liveTime)
		if err != nil {
			t.Fatal(err)
		}
		past, err := b.PastTrade("BTCUSDT", []byte(c.past), liveTime)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(live.Event, past.Event, protocmp.Transform()); diff != "" || live.ID != past.ID || live.Event.GetTrade().GetSourceSeq() != live.ID {
			t.Errorf("%d and %d: %s", live.ID, past.ID, diff)
		}
	}
}

// The same observation has the same identity on any connection; a line number or a clock in it would double it.
func TestALiveQuoteIsKnownByTheBooksUpdate(t *testing.T) {
	m, err := newLive(t).Message([]byte(`{"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}`), liveTime)
	if err != nil {
		t.Fatal(err)
	}
	n := func(v int64) *int64 { return &v }
	want := &outcryv1.IngestEvent{Id: "BINANCE:BTCUSDT", Event: &outcryv1.IngestEvent_Quote{Quote: &outcryv1.Quote{SourceSeq: 50093239212,
		EventTimeNs: liveTime.UnixNano(), ReceiveTimeNs: liveTime.UnixNano(), BidPrice: n(6183763000000), BidSize: n(378826000), AskPrice: n(6183764000000), AskSize: n(154698000)}}}
	if diff := cmp.Diff(want, m.Event, protocmp.Transform()); diff != "" || m.ID != 50093239212 || m.Stream != "btcusdt@bookTicker" {
		t.Errorf("%+v: %s", m, diff)
	}
}

// What is no tick must be told apart from what is damaged, and a refusal from both.
func TestLiveMessagesThatAreNoTicks(t *testing.T) {
	for body, want := range map[string]string{
		`{"result":null,"id":1}`: "answer",
		`{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate"}}`:                                                  "depth update",
		`{"stream":"btcusdt@kline_1m","data":{}}`:                                                                      "stream kline_1m",
		`{"e":"serverShutdown","E":1}`:                                                                                 "serverShutdown",
		`{"error":{"code":2,"msg":"Invalid request"},"id":1}`:                                                          `the exchange says "Invalid request" (2)`,
		`{"code":3,"msg":"Invalid JSON"}`:                                                                              `the exchange says "Invalid JSON" (3)`,
		`{"stream":"btcusdt@bookTicker","data":{"s":"BTCUSDT","b":"1","B":"1"}}`:                                       "a message without an id",
		`{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":18446744073709551615}}`:                                   "a trade without m",
		`{"stream":"btcusdt@trade","data":{"t":1,"p":"1","q":"1","T":1,"m":true}}`:                                     "has no symbol",
		`{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":1,"T":1723161255342,"p":"1","q":"1","X":"ADL","m":true}}`: "trade ADL",
		`{`: "reading JSON",
	} {
		m, err := newLive(t).Message([]byte(body), liveTime)
		got := m.Ignored
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || m.Event != nil {
			t.Errorf("%s: %q, %v", body, got, m.Event)
		}
	}
	if m, _ := newLive(t).Message([]byte(`{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":7,"T":1723161255342,"p":"0","q":"0","X":"NA","m":true}}`), liveTime); m.ID != 7 {
		t.Error("a trade that was no deal has no id: a hole would be seen where it is")
	}
}

// An exchange, or who pretends to be one, must not be able to stop a feed with a message.
func FuzzBinanceMessage(f *testing.F) {
	for _, seed := range []string{
		`{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":3735683259,"p":"61837.63","q":"0.02","T":1723161255342,"m":true}}`,
		`{"stream":"btcusdt@bookTicker","data":{"u":7,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}`,
		`{"stream":"btcusdt@aggTrade","data":{"a":26129,"s":"BTCUSDT","p":"1.5","q":"3","f":1,"l":2,"T":1723161255342,"m":false}}`,
		`{"error":{"code":2,"msg":"x"},"id":1}`, `{"result":null,"id":1}`, `{"lastUpdateId":1}`, `null`, `[]`, `{"stream":"@","data":null}`,
	} {
		f.Add([]byte(seed))
	}
	b := newLive(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := b.Message(body, liveTime)
		if m.Event != nil && (err != nil || m.ID == 0 || m.Ignored != "" || m.Event.GetTrade().GetSourceSeq()+m.Event.GetQuote().GetSourceSeq() != m.ID) {
			t.Errorf("%s: %+v, %v", body, m, err)
		}
		if past, err := b.PastTrade("BTCUSDT", body, liveTime); err == nil && past.Event != nil && past.Event.Id != "BINANCE:BTCUSDT" {
			t.Errorf("%s: %+v", body, past)
		}
	})
}
