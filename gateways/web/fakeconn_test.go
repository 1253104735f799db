package web_test

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// turn is how often a connection looks for something to send.
const turn = 5 * time.Millisecond

// fakeConn is one client. The fake's lock guards all but the socket.
type fakeConn struct {
	fake    *fake
	socket  *websocket.Conn
	write   sync.Mutex
	user    string
	cursors map[string]uint64          // rooms
	known   map[string]uint64          // last item that was sent, the prev_seq of the next
	watched map[watchKey]*watchedTopic // latest-wins
	// skip, once, leaves one item of a room out, as a faulty server would.
	skip    string
	skipped chan<- struct{}
}

type watchKey struct {
	channel    outcryv1.Channel
	id         string
	resolution outcryv1.Resolution
}

type watchedTopic struct {
	every   time.Duration
	sentAt  time.Time
	version uint64
	sent    bool
}

func (f *fake) serveSocket(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"outcry.v1.json"}})
	if err != nil {
		return // answered already
	}
	defer socket.CloseNow()
	c := &fakeConn{fake: f, socket: socket, cursors: map[string]uint64{}, known: map[string]uint64{}, watched: map[watchKey]*watchedTopic{}}
	f.mu.Lock()
	f.conns[c] = true
	f.mu.Unlock()
	ctx, cancel := context.WithCancel(r.Context())
	var pumping sync.WaitGroup
	pumping.Go(func() { c.pump(ctx) })
	c.read(ctx)
	cancel()
	pumping.Wait()
	f.mu.Lock()
	delete(f.conns, c)
	f.mu.Unlock()
}

func (f *fake) closeConns() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		c.socket.CloseNow()
	}
}

// each runs a function on every connection.
func (f *fake) each(do func(*fakeConn)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		do(c)
	}
}

func (c *fakeConn) read(ctx context.Context) {
	for {
		_, text, err := c.socket.Read(ctx)
		if err != nil {
			return
		}
		frame := &outcryv1.ClientFrame{}
		if err := protojson.Unmarshal(text, frame); err != nil {
			c.fake.t.Errorf("the page sent %s: %v", text, err)
			return
		}
		c.take(ctx, frame)
	}
}

func (c *fakeConn) take(ctx context.Context, frame *outcryv1.ClientFrame) {
	now := time.Now().UnixNano()
	switch frame := frame.Frame.(type) {
	case *outcryv1.ClientFrame_Hello:
		if !c.enterAs(ctx, frame.Hello) {
			return
		}
		c.fake.mu.Lock()
		hello := &outcryv1.ServerHello{
			Version: 1, Server: "fake", Session: "s", ServerTimeNs: now, Lineage: c.fake.lineage, User: c.user, ReconnectWithinMs: 300,
			Limits: &outcryv1.Limits{Subscriptions: 10_000, MessageCharacters: 2_000},
		}
		c.fake.mu.Unlock()
		if c.fake.signIn != nil && c.user != "" {
			hello.ExpiresNs = c.fake.signIn.expiresNs()
		}
		c.send(ctx, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Hello{Hello: hello}})
	case *outcryv1.ClientFrame_SignIn:
		c.renew(ctx, frame.SignIn)
	case *outcryv1.ClientFrame_Subscribe:
		c.subscribe(ctx, frame.Subscribe)
	case *outcryv1.ClientFrame_Unsubscribe:
		c.unsubscribe(frame.Unsubscribe)
	case *outcryv1.ClientFrame_Command:
		answer := c.command(frame.Command)
		c.send(ctx, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Answer{Answer: answer}})
	case *outcryv1.ClientFrame_Ping:
		pong := &outcryv1.Pong{ClientTimeNs: frame.Ping.ClientTimeNs, ServerTimeNs: now}
		c.send(ctx, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Pong{Pong: pong}})
	}
}

// command asks a room, where the user may post.
func (c *fakeConn) command(command *outcryv1.Command) *outcryv1.Answer {
	if s := c.fake.signIn; s != nil && !s.posts(c.user) {
		return &outcryv1.Answer{ClientMsgId: command.ClientMsgId, Room: command.Room, Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED,
			Error: identity.Error(identity.Forbidden("post is not granted on %s to %s", command.Room, c.user))}
	}
	return c.fake.do(c.user, command)
}

func (c *fakeConn) subscribe(ctx context.Context, s *outcryv1.Subscribe) {
	answer := &outcryv1.SubscribeAnswer{Request: s.Request}
	for _, sub := range s.Subscriptions {
		answer.Answers = append(answer.Answers, &outcryv1.TopicAnswer{Topic: sub.Topic, Error: c.fake.unseen(sub.Topic.Id, c.user)})
	}
	c.send(ctx, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Subscribed{Subscribed: answer}})
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	for n, sub := range s.Subscriptions {
		if answer.Answers[n].Error != nil {
			continue
		}
		if sub.Topic.Channel == outcryv1.Channel_CHANNEL_ROOM {
			c.enter(sub)
			continue
		}
		w := &watchedTopic{}
		if sub.MaxPerSecond > 0 {
			w.every = time.Duration(float64(time.Second) / sub.MaxPerSecond)
		}
		c.watched[keyOf(sub.Topic)] = w
	}
}

// enter starts a room's stream after its cursor, or at the newest items.
func (c *fakeConn) enter(sub *outcryv1.Subscription) {
	room := c.fake.rooms[sub.Topic.Id]
	if room == nil {
		return
	}
	after := max(int64(room.head())-int64(sub.Recent), 0)
	if sub.AfterSeq != nil {
		after = int64(*sub.AfterSeq)
	}
	c.cursors[room.id], c.known[room.id] = uint64(after), uint64(after)
}

func (c *fakeConn) unsubscribe(u *outcryv1.Unsubscribe) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	for _, topic := range u.Topics {
		delete(c.watched, keyOf(topic))
		delete(c.cursors, topic.Id)
	}
}

func keyOf(t *outcryv1.Topic) watchKey { return watchKey{t.Channel, t.Id, t.Resolution} }

// pump sends what is due, and a heartbeat each second.
func (c *fakeConn) pump(ctx context.Context) {
	tick := time.NewTicker(turn)
	defer tick.Stop()
	beat := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			frames := append(c.dueItems(), c.dueUpdates(now)...)
			if now.Sub(beat) >= time.Second {
				beat = now
				frames = append(frames, c.heartbeat(now))
			}
			if len(frames) > 0 {
				c.send(ctx, frames...)
			}
		}
	}
}

func (c *fakeConn) heartbeat(now time.Time) *outcryv1.ServerFrame {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	h := &outcryv1.Heartbeat{ServerTimeNs: now.UnixNano()}
	for id, seq := range c.cursors {
		h.Complete = append(h.Complete, &outcryv1.Complete{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: id}, Seq: seq})
	}
	return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Heartbeat{Heartbeat: h}}
}

func (c *fakeConn) dueItems() []*outcryv1.ServerFrame {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	var frames []*outcryv1.ServerFrame
	for id, cursor := range c.cursors {
		room := c.fake.rooms[id]
		if cursor >= room.head() {
			continue
		}
		items := &outcryv1.Items{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: id}, CompleteTo: room.head()}
		for seq := cursor + 1; seq <= room.head(); seq++ {
			prev := c.known[id]
			c.known[id] = seq
			if c.skip == id {
				c.skip, items.CompleteTo = "", 0
				close(c.skipped)
				continue
			}
			m := proto.Clone(room.read(seq)).(*outcryv1.Message)
			items.Items = append(items.Items, &outcryv1.Item{Seq: seq, PrevSeq: prev, Item: &outcryv1.Item_Message{Message: m}})
		}
		c.cursors[id] = room.head()
		frames = append(frames, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Items{Items: items}})
	}
	return frames
}

func (c *fakeConn) dueUpdates(now time.Time) []*outcryv1.ServerFrame {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	var frames []*outcryv1.ServerFrame
	for key, w := range c.watched {
		if now.Sub(w.sentAt) < w.every {
			continue
		}
		update := c.fake.market.update(key, w.version)
		if update == nil {
			continue
		}
		update.Snapshot = !w.sent
		w.version, w.sentAt, w.sent = update.Seq, now, true
		frames = append(frames, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Update{Update: update}})
	}
	return frames
}

func (c *fakeConn) send(ctx context.Context, frames ...*outcryv1.ServerFrame) {
	c.write.Lock()
	defer c.write.Unlock()
	// A socket that is closed ends its reader.
	_ = c.socket.Write(ctx, websocket.MessageText, encode(&outcryv1.ServerFrames{Frames: frames}))
}
