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
	{`"(clockUs|editedUs)": ?"[^"]*"`, `"$1":"1767366250000000"`},
	{`"eventTimeNs": ?"1[^6][^"]*"`, `"eventTimeNs":"1767366250000000000"`},
	{`"dataDir": ?"[^"]*"`, `"dataDir":"/home/ann/.outcry"`},
	{`"expiresNs": ?"[^"]*"`, `"expiresNs":"1767369850000000000"`},
	{`"token": ?"[^"]*"`, `"token":"AdTUIx3…"`},
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
	tr.streams()
	tr.books()
	tr.refusals()
	tr.resume()
	tr.reads()
	tr.leaving()
	var secret string
	tr.s, secret, _ = signedIn(t)
	tr.signingIn(secret)
	tr.moderation(secret)
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
