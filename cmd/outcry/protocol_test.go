package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var updateDocs = flag.Bool("update-docs", false, "write the transcript of docs/PROTOCOL.md anew")

// transcript is a conversation with a running server, as docs/PROTOCOL.md shows it.
type transcript struct {
	t    *testing.T
	s    *server
	out  strings.Builder
	conn *websocket.Conn
	// waiting are frames that came and were not asked for yet, as they were written.
	waiting []json.RawMessage
}

// volatile are what differs from run to run, and what the transcript shows instead.
var volatile = []struct{ from, to string }{
	{`"session": ?"[^"]*"`, `"session":"4H2ZQTBXK3M7PAJC"`},
	{`"lineage": ?"[^"]*"`, `"lineage":"da5f3a7777878dd078e5296c1a701ecc"`},
	{`"(serverTimeNs|clientTimeNs)": ?"[^"]*"`, `"$1":"1767366250000000000"`},
	{`"clockUs": ?"[^"]*"`, `"clockUs":"1767366250000000"`},
	{`"eventTimeNs": ?"1[^6][^"]*"`, `"eventTimeNs":"1767366250000000000"`},
	{`"dataDir": ?"[^"]*"`, `"dataDir":"/home/ann/.outcry"`},
}

// plain makes JSON of a run comparable: no blanks, and nothing that changes.
func (tr *transcript) plain(text []byte) string {
	tr.t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, bytes.TrimSpace(text)); err != nil {
		tr.t.Fatalf("%v: %s", err, text)
	}
	line := b.String()
	for _, v := range volatile {
		line = regexp.MustCompile(v.from).ReplaceAllString(line, v.to)
	}
	return line
}

func (tr *transcript) say(format string, args ...any) { fmt.Fprintf(&tr.out, format+"\n", args...) }

func (tr *transcript) connect() {
	tr.t.Helper()
	conn, _, err := websocket.Dial(tr.t.Context(), "ws"+strings.TrimPrefix(tr.s.url, "http")+"/ws", &websocket.DialOptions{Subprotocols: []string{"outcry.v1.json"}})
	if err != nil {
		tr.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	tr.conn, tr.waiting = conn, nil
}

// client sends a message as it stands.
func (tr *transcript) client(message string) {
	tr.t.Helper()
	tr.say("C: %s", message)
	tr.write(message)
}

func (tr *transcript) write(message string) {
	tr.t.Helper()
	if err := tr.conn.Write(tr.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		tr.t.Fatal(err)
	}
}

// server waits for frames of these kinds and shows each in this order: between topics, and
// between a stream and an answer, a server keeps none. Other frames wait, heartbeats are skipped.
func (tr *transcript) server(kinds ...string) {
	tr.t.Helper()
	for _, kind := range kinds {
		tr.say("S: %s", tr.plain(tr.frame(kind)))
	}
}

func (tr *transcript) frame(kind string) json.RawMessage {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), 20*time.Second)
	defer cancel()
	for {
		for i, f := range tr.waiting {
			if bytes.HasPrefix(f, []byte(`{"`+kind+`"`)) {
				tr.waiting = append(tr.waiting[:i:i], tr.waiting[i+1:]...)
				return f
			}
		}
		_, text, err := tr.conn.Read(ctx)
		if err != nil {
			tr.t.Fatalf("waiting for %s with %s at hand: %v", kind, tr.waiting, err)
		}
		var all struct{ Frames []json.RawMessage }
		if err := json.Unmarshal(text, &all); err != nil {
			tr.t.Fatalf("%v: %s", err, text)
		}
		for _, f := range all.Frames {
			if !bytes.HasPrefix(f, []byte(`{"heartbeat"`)) || bytes.Contains(f, []byte(`"complete"`)) || bytes.Contains(f, []byte(`"resume"`)) {
				tr.waiting = append(tr.waiting, f)
			}
		}
	}
}

// http shows a request and its answer.
func (tr *transcript) http(path, body string) {
	tr.t.Helper()
	answer := tr.post(path, body)
	tr.say("POST %s", path)
	tr.say("%s", strings.TrimSpace(body))
	tr.say("→ %s", tr.plain(answer))
}

func (tr *transcript) post(path, body string) []byte {
	tr.t.Helper()
	status, answer := tr.s.post(path, body)
	if status != http.StatusOK {
		tr.t.Fatalf("POST %s: %d %s", path, status, answer)
	}
	return []byte(answer)
}

func (tr *transcript) get(path string) {
	tr.t.Helper()
	r, err := http.Get(tr.s.url + path)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.say("GET %s", path)
	tr.say("→ %s", tr.plain(answer))
}

// A client written by the document must work: what it shows is what a server really says.
func TestTheProtocolIsAsDocumented(t *testing.T) {
	tr := &transcript{t: t, s: newServer(t)}
	tr.tape()
	tr.talk()
	tr.refusals()
	tr.resume()
	tr.reads()
	const file, begin, end = "../../docs/PROTOCOL.md", "<!-- transcript -->\n```text\n", "```\n<!-- /transcript -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, okBegin := strings.Cut(string(text), begin)
	kept, after, okEnd := strings.Cut(rest, end)
	if !okBegin || !okEnd {
		t.Fatalf("%s has no transcript between its marks", file)
	}
	if kept == tr.out.String() {
		return
	}
	if !*updateDocs {
		t.Fatalf("%s does not show what the server says; run this test with -update-docs. It says now:\n%s", file, tr.out.String())
	}
	if err := os.WriteFile(file, []byte(before+begin+tr.out.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (tr *transcript) tape() {
	tr.say("# A feed sends one trade and one quote; --define auto as a parameter.")
	tr.http("/v1/ingest?define=auto&mode=import&source=demo", `{"time":"2026-01-02T15:04:05Z","instrument":"ACME","price":"12.5","size":"3","side":"buy","source_seq":1}
{"time":"2026-01-02T15:04:06Z","instrument":"ACME","bid_price":"12.4","bid_size":"10","ask_price":"12.6","ask_size":"7","source_seq":2}
`)
	tr.say("\n# A client connects to /ws with the subprotocol outcry.v1.json.")
	tr.connect()
	tr.client(`{"hello":{"version":1,"user":"ann"}}`)
	tr.server("hello")
	tr.say("\n# Latest-wins: the answer, a snapshot, then the freshest version whenever there is one.")
	tr.client(`{"subscribe":{"request":1,"subscriptions":[{"topic":{"channel":"CHANNEL_QUOTE","id":"ACME"}}]}}`)
	tr.server("subscribed", "update")
	tr.post("/v1/ingest?mode=import&source=demo", `{"time":"2026-01-02T15:04:07Z","instrument":"ACME","price":"12.6","size":"1","side":"sell","source_seq":3}`)
	tr.server("update")
	tr.client(`{"unsubscribe":{"request":2,"topics":[{"channel":"CHANNEL_QUOTE","id":"ACME"}]}}`)
	tr.server("unsubscribed")
}

func (tr *transcript) talk() {
	tr.say("\n# Commands: each is answered when it is durable and the room decided. The first join makes the room.")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAAAQ==","join":{}}}`)
	tr.server("answer")
	tr.say("\n# Never-lose: the newest items as a start, then every item, each with the seq before it.")
	tr.client(`{"subscribe":{"request":3,"subscriptions":[{"topic":{"channel":"CHANNEL_ROOM","id":"lobby"},"recent":10}]}}`)
	tr.server("subscribed", "items")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAAAg==","post":{"text":{"data":"aGVsbG8="}}}}`)
	tr.server("answer", "items")
	tr.say("\n# The same id again is the same command: nothing happens twice.")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAAAg==","post":{"text":{"data":"aGVsbG8="}}}}`)
	tr.server("answer")
	tr.say("\n# A page of the room's changes, and the time.")
	tr.client(`{"history":{"request":4,"room":"lobby","limit":1}}`)
	tr.server("history")
	tr.client(`{"ping":{"clientTimeNs":"1767366250000000000"}}`)
	tr.server("pong")
}

func (tr *transcript) refusals() {
	tr.say("\n# What can't be granted or granted is said, and the connection goes on.")
	tr.client(`{"subscribe":{"request":4,"subscriptions":[{"topic":{"channel":"CHANNEL_TRADES","id":"ACME"}}]}}`)
	tr.server("subscribed", "items")
	tr.client(`{"subscribe":{"request":5,"subscriptions":[{"topic":{"channel":"CHANNEL_STATS","id":"NOPE"}},{"topic":{"channel":"CHANNEL_TRADES","id":"ACME"},"afterSeq":"99"}]}}`)
	tr.server("subscribed")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAAAw==","post":{"text":{"data":""}}}}`)
	tr.server("answer")
}

func (tr *transcript) resume() {
	tr.say("\n# After a lost connection: the same hello, and each stream from the last seq that the client has.")
	tr.conn.CloseNow()
	tr.connect()
	tr.client(`{"hello":{"version":1,"user":"ann"}}`)
	tr.server("hello")
	tr.client(`{"subscribe":{"request":1,"subscriptions":[{"topic":{"channel":"CHANNEL_ROOM","id":"lobby"},"afterSeq":"1"}]}}`)
	tr.server("subscribed", "items")
	tr.say("\n# Or in one round trip: with the newest resume token of a heartbeat, and the client's own cursors.")
	token := tr.token()
	tr.conn.CloseNow()
	tr.connect()
	hello := `{"hello":{"version":1,"user":"ann","resume":{"token":%q,"cursors":[{"topic":{"channel":"CHANNEL_ROOM","id":"lobby"},"seq":"1"}]}}}`
	tr.say("C: "+hello, "AdTUIx3…")
	tr.write(fmt.Sprintf(hello, token))
	tr.server("hello", "subscribed", "items")
	tr.conn.CloseNow()
}

// token waits for the next resume token.
func (tr *transcript) token() string {
	tr.t.Helper()
	for {
		var f struct {
			Heartbeat struct{ Resume struct{ Token string } }
		}
		if err := json.Unmarshal(tr.frame("heartbeat"), &f); err != nil {
			tr.t.Fatal(err)
		}
		if f.Heartbeat.Resume.Token != "" {
			return f.Heartbeat.Resume.Token
		}
	}
}

func (tr *transcript) reads() {
	tr.say("\n# Unary reads, and TradingView's.")
	tr.http("/outcry.v1.Outcry/Info", `{}`)
	tr.http("/outcry.v1.Outcry/Bars", `{"instrument":"ACME","resolution":"RESOLUTION_1M"}`)
	tr.http("/outcry.v1.Outcry/Messages", `{"room":"lobby","afterSeq":"1"}`)
	tr.get("/udf/history?symbol=ACME&resolution=1&from=1767366000&to=1767370000")
}
