package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Breaks for users: after a restart, or on another node, a client's token is refused and
// it has to ask for everything anew.
func TestAResumeTokenOutlivesTheServerThatMadeIt(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	made := newServer(t)
	text, err := os.ReadFile(filepath.Join(made.data, "resume.keys"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keys, text, 0o600); err != nil {
		t.Fatal(err)
	}
	made.post("/v1/ingest?define=auto&mode=import&source=demo", `{"time":"2026-01-02T15:04:05Z","instrument":"ACME","price":"12.5","size":"3","source_seq":1}`+"\n")
	tr := &transcript{t: t, s: made}
	tr.connect()
	tr.client(`{"hello":{"version":1,"user":"ann"}}`)
	tr.frame("hello")
	tr.client(`{"subscribe":{"request":1,"subscriptions":[{"topic":{"channel":"CHANNEL_QUOTE","id":"ACME"}}]}}`)
	tr.frame("subscribed")
	token := tr.token()
	tr.conn.CloseNow()
	made.kill()
	other := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	other.startWith("serve", "--data", other.data, "--http", other.http, "--admin", "", "--partitions", "4", "--resume-keys", keys)
	t.Cleanup(other.kill)
	tr = &transcript{t: t, s: other}
	tr.connect()
	tr.write(fmt.Sprintf(`{"hello":{"version":1,"user":"ann","resume":{"token":%q}}}`, token))
	var said struct {
		Hello struct{ Resumed bool }
	}
	if err := json.Unmarshal(tr.frame("hello"), &said); err != nil || !said.Hello.Resumed {
		t.Errorf("%+v, %v", said, err)
	}
	tr.frame("reset") // it is another log
	tr.frame("subscribed")
}
