package session

import (
	"context"
	"slices"
	"time"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// access is who a session belongs to, and what was looked at when that was
// last asked. Everything is checked when it is asked for, and once more before a
// frame is built: then it costs two comparisons, as long as nothing changed.
type access struct {
	who   *identity.Identity // nil before hello
	epoch uint64             // of the gate when who was asked about
	// presented is what the token of the hello or sign_in gave that is received next.
	presented *identity.Identity
	refused   error
}

// SignIn reads a token; it may wait. Transports' pumps call it before they hand
// over a hello or sign_in, in the goroutine that reads the connection.
func (s *Sessions) SignIn(ctx context.Context, token string) (*identity.Identity, error) {
	return s.config.Gate.SignIn(ctx, token)
}

// Present says, before a hello or sign_in is received, what its token gave.
func (s *Session) Present(who *identity.Identity, refused error) {
	s.access.presented, s.access.refused = who, refused
}

// take gives what was presented, once.
func (a *access) take(gate identity.Gate) (who *identity.Identity, err error) {
	who, err = a.presented, a.refused
	a.presented, a.refused = nil, nil
	if open, ok := gate.(identity.Open); ok && who == nil {
		return open.SignIn(context.Background(), "")
	}
	if who == nil && err == nil {
		err = identity.Unauthenticated("no token was presented")
	}
	return who, err
}

// admit lets in who said hello, under the name that hello gave.
func (s *Session) admit(user string) *outcryv1.Error {
	epoch := s.config.Gate.Epoch() // first: what changes from now on is asked about again
	who, err := s.access.take(s.config.Gate)
	if err == nil {
		who, err = who.Named(user)
	}
	if err != nil {
		return identity.Error(err)
	}
	s.access.who, s.access.epoch, s.user = who, epoch, who.User
	return nil
}

// signIn renews the token. With one that is refused the old one goes on holding.
func (s *Session) signIn(m *outcryv1.SignIn) {
	epoch := s.config.Gate.Epoch()
	answer := &outcryv1.SignInAnswer{Request: m.GetRequest()}
	who, err := s.access.take(s.config.Gate)
	if err == nil {
		who, err = who.Named(s.user)
	}
	if err == nil && who.User != s.user {
		err = identity.Forbidden("the connection is that of %q: connect anew as %s", s.user, who.User)
	}
	if err != nil {
		answer.Error = identity.Error(err)
	} else {
		s.access.epoch = epoch
		s.become(who)
	}
	answer.ExpiresNs = expiresNs(s.access.who)
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_SignedIn{SignedIn: answer}})
}

func expiresNs(who *identity.Identity) int64 {
	if who.Expires.IsZero() {
		return 0
	}
	return who.Expires.UnixNano()
}

// expires is when Tick has to look; zero is never.
func (a *access) expires() time.Time {
	if a.who == nil {
		return time.Time{}
	}
	return a.who.Expires
}

// demand refuses what is not granted.
func (s *Session) demand(v identity.Verb, id string) *outcryv1.Error {
	if err := s.access.who.Demand(v, id); err != nil {
		return identity.Error(err)
	}
	return nil
}

// Recheck looks whether the client still may what it does. It is called when
// the gate's epoch changed, so that nobody waits for the next frame.
func (s *Session) Recheck(now time.Time) {
	s.now = now
	s.recheck()
}

func (s *Session) recheck() {
	a := &s.access
	if a.who == nil || s.ended != nil {
		return
	}
	if epoch := s.config.Gate.Epoch(); epoch != a.epoch || !a.who.At(s.now) {
		a.epoch = epoch
		who, err := s.config.Gate.Current(a.who, s.now)
		switch {
		case err != nil:
			s.expel(identity.Error(err))
		case who.User != s.user:
			s.expel(identity.Error(identity.Unauthenticated("the key belongs to somebody else now")))
		case who != a.who:
			s.become(who)
		}
	}
}

// become takes grants that may be others: what is not granted any more ends.
func (s *Session) become(who *identity.Identity) {
	s.access.who = who
	for _, f := range s.replies {
		if page := f.GetHistory(); page != nil && page.GetError() == nil {
			s.withhold(page.GetRoom(), s.demand(identity.See, page.GetRoom()))
		}
	}
	for _, sub := range s.topics {
		if refusal := s.demand(identity.See, sub.key.id); refusal != nil {
			s.endTopic(sub, refusal)
		} else if sub.room != nil && sub.request == nil { // moderating may have been what let it in
			sub.guest.epoch = sub.room.Epoch()
			if refusal := sub.barred(); refusal != nil {
				s.endTopic(sub, refusal)
			}
		}
	}
	for _, g := range slices.Clone(s.groups) {
		for i := len(g.places) - 1; i >= 0; i-- {
			key := keyAt(&g.places[i])
			if refusal := s.demand(identity.See, key.id); refusal != nil {
				g.leave(i)
				s.replyEnded(key, refusal)
			}
		}
	}
}

func (s *Session) replyEnded(key topicKey, why *outcryv1.Error) {
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Ended{Ended: &outcryv1.TopicAnswer{Topic: key.topic(), Error: why}}})
}

// endTopic takes back what was granted: nothing of the topic follows, but why.
func (s *Session) endTopic(sub *subscription, why *outcryv1.Error) {
	granted := sub.request == nil
	if sub.decided && !granted && sub.answer.Error == nil {
		sub.answer.Error = why // its answer is not out yet
	}
	s.drop(sub, why)
	if sub.room != nil {
		s.withhold(sub.key.id, why)
	}
	if granted {
		s.replyEnded(sub.key, why)
	}
}

// withhold empties the pages of a room's history that are not filled yet; without a reason it does nothing.
func (s *Session) withhold(room string, why *outcryv1.Error) {
	if why == nil {
		return
	}
	for _, f := range s.replies {
		if page := f.GetHistory(); page.GetRoom() == room && page != nil {
			page.Messages, page.HeadSeq, page.Error = nil, 0, why
		}
	}
}

// expel ends the conversation at once: of what is queued nothing goes out but why.
func (s *Session) expel(why *outcryv1.Error) {
	for _, sub := range s.topics {
		s.drop(sub, why)
	}
	s.leaveGroups()
	clear(s.replies)
	s.replies = s.replies[:0]
	s.end(why)
}
