package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"syscall"

	"github.com/coder/websocket"
)

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
	tr.say("\n# What can't be granted is said, and the connection goes on.")
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

// streams shows what bounds a client's topics, and changes of what was said.
func (tr *transcript) streams() {
	tr.say("\n# At most one version in two seconds: it says what happened between. Closed bars come one by one, and no more than one that is not acknowledged.")
	tr.client(`{"subscribe":{"request":5,"subscriptions":[{"topic":{"channel":"CHANNEL_QUOTE","id":"ACME"},"maxPerSecond":0.5},{"topic":{"channel":"CHANNEL_CLOSED_BARS","id":"ACME","resolution":"RESOLUTION_1M"},"unackedMax":1}]}}`)
	tr.server("subscribed", "update", "items")
	tr.post("/v1/ingest?mode=import&source=demo", `{"time":"2026-01-02T15:05:00Z","instrument":"ACME","price":"12.7","size":"1","side":"buy","source_seq":4}
{"time":"2026-01-02T15:06:00Z","instrument":"ACME","price":"12.3","size":"2","side":"buy","source_seq":5}
{"time":"2026-01-02T15:07:00Z","instrument":"ACME","price":"12.4","size":"2","side":"buy","source_seq":6}`)
	tr.server("items")
	tr.client(`{"ack":{"topic":{"channel":"CHANNEL_CLOSED_BARS","id":"ACME","resolution":"RESOLUTION_1M"},"seq":"1"}}`)
	tr.server("items", "update")
	tr.say("\n# What was said is changed: an edit, a reaction, and an end of it.")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAABA==","edit":{"targetSeq":"2","text":{"data":"aGVsbG8h"}}}}`)
	tr.server("answer", "items")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAABQ==","react":{"targetSeq":"2","emoji":"👋"}}}`)
	tr.server("answer", "items")
	tr.client(`{"command":{"room":"lobby","clientMsgId":"AZQaKxAAcACAAAAAAAAABg==","delete":{"targetSeq":"2"}}}`)
	tr.server("answer", "items")
}

func (tr *transcript) books() {
	tr.say("\n# What became of all that was published.")
	tr.client(`{"books":{"request":6,"topics":[{"channel":"CHANNEL_QUOTE","id":"ACME"},{"channel":"CHANNEL_CLOSED_BARS","id":"ACME","resolution":"RESOLUTION_1M"},{"channel":"CHANNEL_ROOM","id":"lobby"}]}}`)
	tr.server("books")
}

// leaving shows how a server that stops says goodbye.
func (tr *transcript) leaving() {
	tr.say("\n# The server is stopped: reconnect within that time, elsewhere. It closes when the commands under way are answered.")
	tr.connect()
	tr.client(`{"hello":{"version":1,"user":"ann"}}`)
	tr.frame("hello")
	if err := tr.s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		tr.t.Fatal(err)
	}
	tr.server("drain")
	tr.closed()
	if err := tr.s.cmd.Wait(); err != nil {
		tr.t.Fatalf("stopping: %v", err)
	}
}

// closed shows with which code and reason the connection is closed.
func (tr *transcript) closed() {
	tr.t.Helper()
	_, text, err := tr.conn.Read(tr.t.Context())
	var end websocket.CloseError
	if !errors.As(err, &end) {
		tr.t.Fatalf("%s, %v instead of a close frame", text, err)
	}
	tr.say("S: (closes with %d, %s)", end.Code, end.Reason)
}

// enter says hello with a token, which is not shown.
func (tr *transcript) enter(token string) {
	tr.connect()
	tr.say(`C: {"hello":{"version":1,"token":"eyJhbGciOiJIUzI1NiJ9…"}}`)
	tr.write(fmt.Sprintf(`{"hello":{"version":1,"token":%q}}`, token))
}

func (tr *transcript) signingIn(secret string) {
	token := minter(tr.t, secret)
	tr.say("\n# Where people sign in, a token says who one is and what one may. A hello without one ends the conversation.")
	tr.connect()
	tr.client(`{"hello":{"version":1,"user":"bob"}}`)
	tr.server("error")
	tr.closed()
	tr.enter(token("bob", "see=hall", "post=hall"))
	tr.server("hello")
	tr.say("\n# What is not granted is refused, each by itself.")
	tr.client(`{"subscribe":{"request":1,"subscriptions":[{"topic":{"channel":"CHANNEL_ROOM","id":"attic"}}]}}`)
	tr.server("subscribed")
	tr.client(`{"command":{"room":"attic","clientMsgId":"AZQaKxAAcACAAAAAAAAAAQ==","join":{}}}`)
	tr.server("answer")
	tr.say("\n# A new token, before the old one ends.")
	tr.say(`C: {"signIn":{"request":2,"token":"eyJhbGciOiJIUzI1NiJ9…"}}`)
	tr.write(fmt.Sprintf(`{"signIn":{"request":2,"token":%q}}`, token("bob", "see=hall", "post=hall")))
	tr.server("signedIn")
}

// moderation goes on as bob, whom ann sends away.
func (tr *transcript) moderation(secret string) {
	ann := minter(tr.t, secret)("ann", "see=*", "post=*", "admin=*")
	staff := func(args ...string) {
		if _, err := tr.s.commandAs(ann, args...); err != nil {
			tr.t.Fatal(err)
		}
	}
	staff("post", "--join", "hall", "welcome")
	tr.say("\n# Somebody is sent out of a room by its owner: the topic ends before the change itself.")
	tr.client(`{"command":{"room":"hall","clientMsgId":"AZQaKxAAcACAAAAAAAAAAg==","join":{}}}`)
	tr.server("answer")
	tr.client(`{"subscribe":{"request":3,"subscriptions":[{"topic":{"channel":"CHANNEL_ROOM","id":"hall"}}]}}`)
	tr.server("subscribed", "items")
	staff("room", "kick", "hall", "bob")
	tr.server("ended")
	tr.say("\n# An administrator takes back all that bob signed in with.")
	staff("revoke", "bob")
	tr.server("error")
	tr.closed()
}
