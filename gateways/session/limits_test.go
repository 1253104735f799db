package session

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"outcry/gateways/limit"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// seat is a session that a test drives by hand: what is posted runs when the test says so.
type seat struct {
	t      *testing.T
	s      *Session
	posted chan func()
	now    time.Time
}

// limited makes sessions whose users ask no room for anything.
func limited(c Config) *Sessions {
	c.Commands = func(string) Commands { return nil }
	return New(c)
}

func sit(t *testing.T, all *Sessions, now time.Time) *seat {
	p := &seat{t: t, posted: make(chan func(), 100), now: now}
	p.s = all.Open(Options{Encoding: wire.JSON, Post: func(do func()) { p.posted <- do }, Wake: func() {}, Tally: &Tally{}}, now)
	return p
}

func (p *seat) hello(user string) {
	p.s.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: user}}}, p.now)
}

func (p *seat) ping() {
	p.s.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{}}}, p.now)
}

// told is what the session has to say.
func (p *seat) told() (frames []*outcryv1.ServerFrame) {
	p.t.Helper()
	for more := true; more; {
		var out []byte
		if out, more = p.s.Fill(nil, p.now); len(out) == 0 {
			return frames
		}
		m := &outcryv1.ServerFrames{}
		if err := protojson.Unmarshal(out, m); err != nil {
			p.t.Fatalf("%v: %s", err, out)
		}
		frames = append(frames, m.Frames...)
	}
	return frames
}

func ended(s *Session) outcryv1.ErrorCode { return s.Ended().GetCode() }

// Breaks for users: somebody whose program opens connections without end takes
// the places of all; one who closes them would stay shut out.
func TestAUserHasSoManySessionsAtATime(t *testing.T) {
	users, now := limit.NewCounts[string](2), time.Unix(1_700_000_000, 0)
	all := limited(Config{Users: users})
	var open []*seat
	for range 2 {
		p := sit(t, all, now)
		p.hello("ann")
		if p.told()[0].GetHello() == nil {
			t.Fatal("refused")
		}
		open = append(open, p)
	}
	third := sit(t, all, now)
	third.hello("ann")
	if e := third.s.Ended(); e.GetCode() != outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS || e.GetRetryAfterMs() == 0 {
		t.Fatalf("a third one ends with %v", e)
	}
	third.s.Close() // and gives back no place of the others
	for _, user := range []string{"bob", "", "", ""} {
		p := sit(t, all, now)
		p.hello(user)
		if p.s.Ended() != nil {
			t.Errorf("%q ends with %v", user, p.s.Ended())
		}
	}
	for range 3 {
		fourth := sit(t, all, now)
		fourth.hello("ann")
		if fourth.s.Ended() == nil {
			t.Fatal("a third one is served")
		}
		fourth.s.Close()
		open[0].s.Close()
		open[0] = sit(t, all, now)
		open[0].hello("ann")
		if open[0].s.Ended() != nil {
			t.Fatalf("with a place free: %v", open[0].s.Ended())
		}
	}
}

// Breaks for users: in a storm a client would be sent away for having waited, or
// told a time that was long ago; and what it sent behind its hello would be answered before it.
func TestAClientThatWaitsToBeLetInIsServedThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := limited(Config{Arrivals: limit.NewGate(1, 3), HelloWithin: time.Second})
		first := sit(t, all, time.Now())
		first.hello("ann")
		second := sit(t, all, time.Now())
		second.hello("bob")
		if first.s.Full() || !second.s.Full() || !second.s.Arriving() || len(second.told()) > 0 {
			t.Fatal("the second one is let in at once")
		}
		leaves, waits, refused := sit(t, all, time.Now()), sit(t, all, time.Now()), sit(t, all, time.Now())
		leaves.hello("cid")
		waits.hello("dan")
		refused.hello("eve")
		if e := refused.s.Ended(); e.GetCode() != outcryv1.ErrorCode_ERROR_CODE_OVERLOADED || e.GetRetryAfterMs() != 4000 {
			t.Errorf("with 3 waiting at 1 a second: %v", e)
		}
		leaves.s.Close()
		for _, p := range []*seat{second, waits} {
			do := <-p.posted
			p.now = time.Now()
			p.s.Tick(p.now)
			do()
			told := p.told()
			if age := p.now.UnixNano() - told[0].GetHello().GetServerTimeNs(); len(told) != 1 || age < 0 || age > int64(time.Millisecond) || p.s.Full() {
				t.Errorf("told %v", told)
			}
		}
	})
}

// Breaks for users: who connects and says nothing keeps a place for ever; whoever
// listens, or waits for an answer, must never be taken for one.
func TestASessionWithoutUseEnds(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	all := limited(Config{Limits: Limits{Idle: time.Minute}})
	p := sit(t, all, now)
	p.hello("ann")
	for range 5 {
		p.now = p.now.Add(50 * time.Second)
		p.ping()
		p.s.Tick(p.now)
		p.told()
	}
	p.s.pending = 1
	p.now = p.now.Add(2 * time.Minute)
	p.s.Tick(p.now)
	if p.s.Ended() != nil {
		t.Fatalf("ended with %v", p.s.Ended())
	}
	p.s.pending = 0
	p.now = p.now.Add(time.Second)
	p.s.Tick(p.now)
	if ended(p.s) != outcryv1.ErrorCode_ERROR_CODE_TIMED_OUT {
		t.Errorf("ended with %v", p.s.Ended())
	}
	silent := sit(t, all, now)
	silent.s.Tick(now.Add(time.Hour))
	if ended(silent.s) != outcryv1.ErrorCode_ERROR_CODE_TIMED_OUT {
		t.Errorf("without hello ended with %v", silent.s.Ended())
	}
}

// Breaks for users: a client that is told to wait must get through when it has,
// must know which of its requests was refused, and must not be sent away for one burst.
func TestWhatIsBeyondTheBoundIsRefusedInItsOwnForm(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	all := limited(Config{Limits: Limits{FramesPerSecond: 10, BytesPerSecond: 2000}})
	p := sit(t, all, now)
	p.hello("")
	p.told()
	for range 10*limit.BurstSeconds - 1 {
		p.ping()
	}
	if got := p.told(); len(got) != 10*limit.BurstSeconds-1 || got[len(got)-1].GetPong() == nil {
		t.Fatalf("within the burst %d frames are answered", len(got))
	}
	topic := &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: "A"}
	for _, f := range []*outcryv1.ClientFrame{
		{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Request: 7, Subscriptions: []*outcryv1.Subscription{{Topic: topic}, {Topic: topic}}}}},
		{Frame: &outcryv1.ClientFrame_Unsubscribe{Unsubscribe: &outcryv1.Unsubscribe{Request: 7, Topics: []*outcryv1.Topic{topic, topic}}}},
		{Frame: &outcryv1.ClientFrame_Command{Command: &outcryv1.Command{Room: "hall", ClientMsgId: []byte("7")}}},
		{Frame: &outcryv1.ClientFrame_History{History: &outcryv1.HistoryRequest{Request: 7, Room: "hall"}}},
		{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{}}},
	} {
		p.s.Receive(f, p.now)
		got := p.told()
		if len(got) != 1 {
			t.Fatalf("to %v came %v", f, got)
		}
		for _, e := range errorsOf(t, got[0]) {
			if e.GetCode() != outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED || e.GetRetryAfterMs() == 0 || e.GetRetryAfterMs() > 200 {
				t.Errorf("to %v came %v", f, e)
			}
		}
	}
	p.now = p.now.Add(200 * time.Millisecond)
	p.ping()
	if got := p.told(); len(got) != 1 || got[0].GetPong() == nil {
		t.Errorf("after the time it was told: %v", got)
	}
}

// errorsOf an answer that belongs to request 7.
func errorsOf(t *testing.T, f *outcryv1.ServerFrame) []*outcryv1.Error {
	t.Helper()
	switch f := f.GetFrame().(type) {
	case *outcryv1.ServerFrame_Subscribed:
		if a := f.Subscribed; a.Request == 7 && len(a.Answers) == 2 {
			return []*outcryv1.Error{a.Answers[0].Error, a.Answers[1].Error}
		}
	case *outcryv1.ServerFrame_Unsubscribed:
		if a := f.Unsubscribed; a.Request == 7 && len(a.Answers) == 2 {
			return []*outcryv1.Error{a.Answers[0].Error, a.Answers[1].Error}
		}
	case *outcryv1.ServerFrame_Answer:
		if string(f.Answer.ClientMsgId) == "7" && f.Answer.Outcome == outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED {
			return []*outcryv1.Error{f.Answer.Error}
		}
	case *outcryv1.ServerFrame_History:
		if f.History.Request == 7 {
			return []*outcryv1.Error{f.History.Error}
		}
	case *outcryv1.ServerFrame_Error:
		return []*outcryv1.Error{f.Error}
	}
	t.Fatalf("which request is answered by %v?", f)
	return nil
}

// Breaks for users: who floods regardless of refusals costs the server as much as
// if all were done, and the others their share of it.
func TestWhoeverGoesOnRegardlessIsSentAway(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, flood := range map[string]func(*seat){
		"frames": (*seat).ping,
		"bytes": func(p *seat) {
			p.s.Receive(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{User: string(make([]byte, 4000))}}}, p.now)
		},
		"what cannot be read": func(p *seat) {
			p.s.Unreadable(outcryv1.ErrorCode_ERROR_CODE_MALFORMED, "no frame", p.now)
		},
	} {
		p := sit(t, limited(Config{Limits: Limits{FramesPerSecond: 10, BytesPerSecond: 2000}}), now)
		p.hello("")
		n, refused := 0, 0
		for p.s.Ended() == nil && n < 1000 {
			flood(p)
			n++
			for _, f := range p.told() {
				if f.GetError().GetCode() == outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED {
					refused++
				}
			}
		}
		e := p.s.Ended()
		if e.GetCode() != outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED || e.GetRetryAfterMs() == 0 || n > 2*10*limit.BurstSeconds+1 || refused < 10 {
			t.Errorf("%s: after %d of them, %d refused, it ends with %v", name, n, refused, e)
		}
	}
}
