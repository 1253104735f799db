package main

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// soak says that the long forms are wanted: make soak.
var soak = os.Getenv("OUTCRY_SOAK") != ""

// Whoever was told that a message is in must find it, and whoever saw a price
// or a message under a number must find the same there, whatever happened to the process.
func TestKilledInTheMiddleOfImportsNothingIsLostAndNobodyMissesAThing(t *testing.T) {
	shared(t, "binance")
	onEachEngine(t, killedInTheMiddle)
}

func killedInTheMiddle(t *testing.T, e engineSet) {
	kills := 20
	if soak {
		kills = 200
	}
	w := newKilling(t, e)
	for kill := range kills {
		w.cut(kill)
		if t.Failed() {
			t.Fatalf("after kill %d of %d", kill+1, kills)
		}
	}
	w.chat.stop()
	for _, c := range captures {
		w.server.run("import", "--format", "binance", "--venue", c.venue, "--define", "auto", shared(t, "binance", c.file))
	}
	w.server.allBars()
	w.server.run("replay", "--data", w.server.data, "--verify")
	w.all()
	t.Logf("%d kills inside imports; %d posts, %d sent again, %d of them were in already; the client lost its connection %d times",
		kills, len(w.chat.acknowledged()), w.chat.state.resends, w.chat.state.twice, w.follower.state.losses)
}

// killing is a server that is killed again and again, and who lives with it.
type killing struct {
	t        *testing.T
	server   *server
	client   outcryv1connect.OutcryClient
	r        *rand.Rand
	follower *follower
	trades   map[string]*streamTopic // by instrument
	room     *streamTopic
	chat     *chatter
	done     map[int]bool // captures whose import came to its end
}

var instruments = []string{"BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "BINANCE-USDM:BTCUSDT", "BINANCE-USDM:ETHUSDT"}

func newKilling(t *testing.T, e engineSet) *killing {
	s := newServerOn(t, e)
	w := &killing{t: t, server: s, client: s.client(), r: rand.New(rand.NewPCG(1, 2)), trades: map[string]*streamTopic{}, done: map[int]bool{}}
	known(t, w.client, instruments...)
	w.chat = chat(t, w.client, "floor")
	w.room = topic(outcryv1.Channel_CHANNEL_ROOM, "floor", 0)
	topics := []*streamTopic{w.room}
	for _, id := range instruments {
		w.trades[id] = topic(outcryv1.Channel_CHANNEL_TRADES, id, 0)
		topics = append(topics, w.trades[id],
			topic(outcryv1.Channel_CHANNEL_CLOSED_BARS, id, outcryv1.Resolution_RESOLUTION_1S),
			topic(outcryv1.Channel_CHANNEL_CLOSED_BARS, id, outcryv1.Resolution_RESOLUTION_1M))
	}
	w.follower = follow(t, s.url, topics...)
	return w
}

// known makes instruments known, as --define auto would.
func known(t *testing.T, c outcryv1connect.OutcryClient, ids ...string) {
	t.Helper()
	r := &outcryv1.IngestRequest{Source: "test", Epoch: "definitions", Mode: outcryv1.Mode_MODE_IMPORT}
	for i, id := range ids {
		d := &outcryv1.Definition{PriceExponent: feed.AutoExponent, SizeExponent: feed.AutoExponent, Calendar: "24x7"}
		r.Events = append(r.Events, &outcryv1.IngestEvent{Id: id, Line: uint64(i + 1), Event: &outcryv1.IngestEvent_Tape{
			Tape: &outcryv1.TapeEvent{SourceSeq: uint64(i + 1), Event: &outcryv1.TapeEvent_Definition{Definition: d}}}})
	}
	a, err := c.Ingest(t.Context(), r)
	if err != nil || a.Accepted != uint64(len(ids)) {
		t.Fatalf("defining instruments: %v, %v", a, err)
	}
}

// cut imports, kills the server in the middle, starts it again, and looks.
func (w *killing) cut(kill int) {
	w.t.Helper()
	posts, saw := len(w.chat.acknowledged()), map[*streamTopic]int{}
	for _, topic := range w.follower.topics {
		saw[topic] = len(w.follower.seen(topic))
	}
	w.killInside(kill)
	w.server.start()
	w.chat.check(max(0, posts-20))
	for topic, n := range saw {
		w.follower.sameSoFar(w.client, topic, max(0, n-20))
	}
	if kill%10 == 9 {
		w.server.run("replay", "--data", w.server.data, "--verify")
	}
}

// killInside kills the server while an import runs whose first trades a client has seen,
// so that some of it is in and some is not; the import has to notice. Small
// batches, so that one is on its way nearly always.
func (w *killing) killInside(kill int) {
	w.t.Helper()
	for {
		n := kill % len(captures)
		for w.done[n] {
			n = (n + 1) % len(captures)
		}
		c := captures[n]
		if w.importAndKill(c.venue, c.file) {
			return
		}
		if w.done[n] = true; len(w.done) == len(captures) {
			w.t.Fatalf("kill %d: there is nothing left to import", kill)
		}
	}
}

func (w *killing) importAndKill(venue, file string) (inside bool) {
	trades := w.trades[instrumentOf(venue, file)]
	before := len(w.follower.seen(trades))
	slow := w.server.command("import", "--format", "binance", "--venue", venue, "--define", "auto", "--batch", "10", "--rate", "10000", shared(w.t, "binance", file))
	if err := slow.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	going, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	go func() {
		ended <- slow.Wait()
		cancel()
	}()
	if w.follower.await(going, trades, before+1) {
		select { // the random moment
		case <-going.Done():
		case <-time.After(time.Duration(w.r.IntN(60_000)) * time.Microsecond):
		}
	}
	select {
	case err := <-ended:
		if err != nil {
			w.t.Fatalf("the import failed before the kill: %v", err)
		}
		return false
	default:
	}
	w.server.kill()
	return <-ended != nil
}

func instrumentOf(venue, file string) string {
	if file[5:8] == "eth" {
		return venue + ":ETHUSDT"
	}
	return venue + ":BTCUSDT"
}

// all compares everything that was seen with everything that is there.
func (w *killing) all() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	for _, topic := range w.follower.topics {
		switch topic.Channel {
		case outcryv1.Channel_CHANNEL_TRADES:
			all := tradesOf(w.t, w.client, topic.Id, 0, 1<<62)
			if !w.follower.await(ctx, topic, len(all)) {
				w.t.Errorf("%s: a client has seen %d trades of %d", topic.Id, len(w.follower.seen(topic)), len(all))
			}
		case outcryv1.Channel_CHANNEL_ROOM:
			w.follower.await(ctx, topic, len(w.chat.acknowledged())+1)
		default:
			w.follower.bars(w.client, topic)
		}
		w.follower.sameSoFar(w.client, topic, 0)
	}
	w.chat.check(0)
}
