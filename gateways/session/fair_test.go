package session_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/relay"
	"outcry/gateways/relay/wire"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: of more than a message holds, the same instruments move on the screen and the others
// stand still, or a room is silent for as long as the market is busy.
func TestTopicsThatDoNotFitIntoAMessageTakeTurns(t *testing.T) {
	w := &turn{floor: gatewaytest.NewFloor(), now: time.Now()}
	w.floor.Join("lobby", "ann")
	const busy = 400 // of some 400 B each: three messages
	wanted := []*outcryv1.Subscription{{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: "lobby"}}}
	for i := range busy + 1 {
		w.floor.Define(id(i))
		one := &outcryv1.Subscription{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id(i)}}
		if i == busy {
			one.MaxPerSecond = 10
		}
		wanted = append(wanted, one)
	}
	all := session.New(session.Config{Relay: relay.New(relay.Config{Floor: w.floor}), History: w.floor, Commands: w.floor.Commands, Heartbeat: time.Hour})
	w.Session = all.Open(session.Options{Encoding: wire.JSON, Marks: &w.marks, Post: func(do func()) { do() }, Wake: func() {}}, w.now)
	t.Cleanup(func() { w.Close(); all.Wait() })
	w.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: "ann"}}}, w.now)
	w.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: wanted}}}, w.now)
	last, full := map[string]int{}, 0
	for n := range 60 {
		for i := range busy + 1 {
			w.floor.Quote(id(i), int64(n+1), int64(n+2))
		}
		w.floor.Post("lobby", "ann", fmt.Sprint(n))
		if w.take() > 50<<10 {
			full++
		}
		m := &outcryv1.ServerFrames{}
		if err := protojson.Unmarshal(w.buf, m); err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Frames {
			last[f.GetUpdate().GetInstrument()+f.GetItems().GetTopic().GetId()] = n
		}
		for name, at := range last {
			if name != "" && n-at > 6 {
				t.Fatalf("turn %d: nothing of %s since turn %d", n, name, at)
			}
		}
	}
	delete(last, "") // frames of no topic
	if len(last) != busy+2 || full < 50 {
		t.Errorf("of %d topics something came; %d messages were full", len(last), full)
	}
}
