package web_test

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// fakeSignIn is a server where people sign in.
type fakeSignIn struct {
	mu        sync.Mutex
	users     map[string]string // by token
	anonymous bool              // people without a token may look
	expires   time.Time         // of every token; zero is never
	hidden    map[string]bool   // rooms that nobody may see
	silent    map[string]bool   // users who may not post
	members   map[string]bool   // rooms that are read by members only
	asked     []string          // addresses and referrers of all requests
	hellos    int
	renewals  int
}

func newSignIn(users map[string]string) *fakeSignIn {
	return &fakeSignIn{users: users, hidden: map[string]bool{}, silent: map[string]bool{}, members: map[string]bool{}}
}

// who gives the user of a token, and why there is none.
func (s *fakeSignIn) who(token string) (user, refusal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, known := s.users[token]
	switch {
	case token == "" && s.anonymous:
		return "", ""
	case token == "":
		return "", "a token is needed"
	case !known:
		return "", "the token is not one of ours"
	case !s.expires.IsZero() && time.Now().After(s.expires):
		return "", "the token has expired"
	}
	return user, ""
}

func (s *fakeSignIn) expiresNs() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expires.IsZero() {
		return 0
	}
	return s.expires.UnixNano()
}

func (s *fakeSignIn) sees(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.hidden[room]
}

func (s *fakeSignIn) posts(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return user != "" && !s.silent[user]
}

// change does something to it while nobody asks.
func (s *fakeSignIn) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// door lets in requests that are signed as they have to be.
func (f *fake) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := f.signIn; s != nil {
			s.mu.Lock()
			s.asked = append(s.asked, r.URL.String()+" "+r.Referer())
			s.mu.Unlock()
			if _, refusal := s.who(identity.Bearer(r.Header)); refusal != "" {
				identity.Refuse(w, identity.Unauthenticated("%s", refusal))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func unauthenticated(text string) *outcryv1.ServerFrame {
	return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Error{Error: identity.Error(identity.Unauthenticated("%s", text))}}
}

// enter takes the identity of a hello; false ends the connection.
func (c *fakeConn) enterAs(ctx context.Context, hello *outcryv1.ClientHello) bool {
	s := c.fake.signIn
	if s == nil {
		c.user = hello.User
		return true
	}
	s.change(func() { s.hellos++ })
	user, refusal := s.who(hello.Token)
	if refusal == "" && hello.User != "" && hello.User != user {
		refusal = "people do not name themselves here"
	}
	if refusal != "" {
		c.expel(ctx, refusal)
		return false
	}
	c.user = user
	return true
}

// expel ends the conversation as a server does whose client is not signed in any more.
func (c *fakeConn) expel(ctx context.Context, refusal string) {
	c.send(ctx, unauthenticated(refusal))
	_ = c.socket.Close(websocket.StatusCode(4000+outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED), refusal)
}

func (c *fakeConn) renew(ctx context.Context, m *outcryv1.SignIn) {
	s := c.fake.signIn
	a := &outcryv1.SignInAnswer{Request: m.Request}
	switch user, refusal := s.who(m.Token); {
	case refusal != "":
		a.Error = identity.Error(identity.Unauthenticated("%s", refusal))
	case user != c.user:
		a.Error = identity.Error(identity.Forbidden("the connection is that of %s", c.user))
	default:
		s.change(func() { s.renewals++ })
	}
	a.ExpiresNs = s.expiresNs()
	c.send(ctx, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_SignedIn{SignedIn: a}})
}

// hide takes a room away from everybody who follows it.
func (f *fake) hide(room string) {
	f.signIn.change(func() { f.signIn.hidden[room] = true })
	topic := &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: room}
	ended := &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Ended{Ended: &outcryv1.TopicAnswer{Topic: topic, Error: f.unseen(room, "")}}}
	f.each(func(c *fakeConn) {
		if _, follows := c.cursors[room]; follows {
			delete(c.cursors, room)
			c.send(context.Background(), ended)
		}
	})
}

// unseen is why a room may not be seen by a user; nil where it may.
func (f *fake) unseen(room, user string) *outcryv1.Error {
	if f.signIn == nil {
		return nil
	}
	f.mu.Lock()
	outside := f.signIn.members[room] && !f.rooms[room].members[user]
	f.mu.Unlock()
	switch {
	case outside:
		return identity.Error(&identity.Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER, Text: "join room " + room + " first"})
	case f.signIn.sees(room):
		return nil
	}
	return identity.Error(identity.Forbidden("see is not granted on %s", room))
}
