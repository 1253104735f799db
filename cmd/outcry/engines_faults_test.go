package main

import (
	"fmt"
	"testing"
	"time"

	"outcry/internal/engines"
	outcryv1 "outcry/proto/outcry/v1"
)

// house is a server on real engines, under a load.
type house struct {
	t, whole         *testing.T // of a fault, of all
	kafka, cassandra *engines.Cluster
	server           *server
	topics           string // what the names of its topics begin with
	disk             string // of the store's nodes
	leave            func() // frees what only this house uses; nil where there is nothing
	tapes            []*tape
}

// fault is what happens to the engines, and how it ends.
type fault struct {
	name         string
	strike, heal func(h *house)
	// hold is how long it lasts in the short form and in the long one.
	hold, long time.Duration
}

var logFaults = []fault{
	{"a broker of three is killed", func(h *house) { h.kafka.Kill(1) }, func(h *house) { h.kafka.Start(1) }, 5 * time.Second, 20 * time.Second},
	{"all brokers are killed", func(h *house) { h.kafka.KillAll() }, func(h *house) { h.kafka.StartAll() }, time.Second, 20 * time.Second},
	{"leaders move", moveLeaders, moveLeaders, 3 * time.Second, 10 * time.Second},
}

// Breaks for users: a machine of the log fails, and what was acknowledged is
// lost or there twice, or a client is thrown out.
func TestFaultsOfKafkaLoseNothingAndDoubleNothing(t *testing.T) {
	engines.Need(t)
	sufferAll(t, "log", logFaults, func(t *testing.T) *house {
		h := &house{t: t, whole: t, kafka: realEngines.brokers(t, 3)}
		h.server = newServerOn(t, engineSet{"three brokers", func(t *testing.T) string { return realEngines.kafkaSettings(t, 3) }})
		h.topics = fmt.Sprintf("t%d.", realEngines.servers.Load())
		return h
	})
}

// sufferAll lets every fault happen, on a new house each round.
func sufferAll(t *testing.T, name string, faults []fault, build func(t *testing.T) *house) {
	rounds := newFaultRounds(t, name)
	for round := range rounds.wanted(faults) {
		var h *house
		for n, f := range faults {
			if rounds.have(f.name) > round {
				continue
			}
			if h == nil {
				h = build(t)
			}
			t.Run(fmt.Sprint(f.name, " ", round+1), func(t *testing.T) { rounds.add(f.name, h.suffer(t, f, fmt.Sprintf("F%d", n))) })
			if t.Failed() {
				return // what follows would be blamed for it
			}
		}
		if h != nil {
			h.end()
		}
	}
}

// suffer lets one fault happen under a tape and a chat of its own.
func (h *house) suffer(t *testing.T, f fault, name string) faultRow {
	h.t = t
	h.server.t = t
	client := h.server.client()
	p := playTape(t, client, name)
	h.tapes = append(h.tapes, p)
	ch := chat(t, client, "room-"+name)
	room, trades := topic(outcryv1.Channel_CHANNEL_ROOM, ch.room, 0), topic(outcryv1.Channel_CHANNEL_TRADES, p.lanes[0].ids[0], 0)
	fl := follow(t, h.server.url, room, trades)
	w := watchPushes(t, h.server.url, p)
	lasts(2 * time.Second)
	w.take()
	lasts(5 * time.Second)
	row := faultRow{Before: w.take()}
	began := time.Now()
	f.strike(h)
	lasts(f.held())
	row.During = w.take()
	f.heal(h)
	row.Healed = time.Since(began)
	p.caughtUp(2 * time.Minute)
	row.CaughtUp = time.Since(began)
	h.server.ready("rows after the fault", func(r rowsReadiness) bool { return r.State == stateReady && r.LagSeconds < 5 })
	w.take()
	lasts(2 * time.Second)
	row.After = w.take()
	w.stop()
	p.stop()
	ch.stop()
	row.Resent, row.Posts, row.PostsResent = p.resent.Load(), len(ch.acknowledged()), ch.state.resends
	p.check("server", byServer{h.server})
	ch.check(0)
	h.sawAll(fl, room, trades, ch)
	t.Logf("%s", row)
	return row
}

// sawAll demands that a client which stayed saw every post and trade, once, in order.
func (h *house) sawAll(fl *follower, room, trades *streamTopic, ch *chatter) {
	h.t.Helper()
	client := h.server.client()
	all := tradesOf(h.t, client, trades.Id, 0, 1<<62)
	ctx, cancel := contextWithin(h.t, 30*time.Second)
	defer cancel()
	if !fl.await(ctx, trades, len(all)) || !fl.await(ctx, room, len(ch.acknowledged())+1) {
		h.t.Errorf("a client saw %d trades of %d, %d changes of %d", len(fl.seen(trades)), len(all), len(fl.seen(room)), len(ch.acknowledged())+1)
	}
	fl.sameSoFar(client, trades, 0)
	fl.sameSoFar(client, room, 0)
	fl.stop()
	if fl.state.losses > 0 {
		h.t.Errorf("a client lost its connection %d times", fl.state.losses)
	}
}

// end compares with a fold of the log from its first record and from checkpoints.
func (h *house) end() {
	h.t, h.server.t = h.whole, h.whole
	h.t.Helper()
	h.server.run("replay", "--data", h.server.data, "--verify")
	rowsOf(h.t, h.server, h.tapes...)
	h.server.start()
	h.server.run("replay", "--data", h.server.data, "--verify")
	h.server.stop()
	if h.leave != nil {
		h.leave()
	}
}

// held is how long the fault lasts.
func (f fault) held() time.Duration {
	if soak {
		return f.long
	}
	return f.hold
}

// lasts is the length of a phase, which is what is tested, not a wait for something to have happened.
func lasts(d time.Duration) { time.Sleep(d) }
