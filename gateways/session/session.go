package session

import (
	"crypto/rand"
	"strings"
	"time"

	"outcry/gateways/fault"
	"outcry/gateways/limit"
	"outcry/gateways/relay"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// Options of one session.
type Options struct {
	Encoding wire.Encoding
	// Marks is the pump's list of what changed.
	Marks *relay.Marks
	// Post runs fn in the session's turn, later; after Close it drops it. It may be called from anywhere.
	Post func(fn func())
	// Wake says, in the session's turn, that there is something to Fill.
	Wake func()
	// Tally adds up what is delivered; nil: nobody asks.
	Tally *Tally
}

// Session is one client's conversation. See the package comment for who may call it.
type Session struct {
	shared   *Sessions
	config   *Config
	options  Options
	id       string
	now      time.Time // of the turn
	helloBy  time.Time // when a silent connection ends; zero after hello
	beatAt   time.Time
	user     string
	access   access
	commands Commands
	meter    meter
	ticket   *limit.Ticket // while it waits to be let in
	counted  bool          // among its user's
	draining bool
	pending  int // commands that wait for their decision
	ended    *outcryv1.Error

	replies []*outcryv1.ServerFrame
	topics  map[topicKey]*subscription // never-lose topics, and those that are not granted yet
	groups  []*group                   // all others
	turn    int                        // which of them is filled first
	seats   seats
	waiting []*request // Subscribes whose entities are being attached
	due     queue      // streams that have something to fill
	reads   reads
	tokens  tokens
	back    returning
	scratch []*relay.Item
	updates int
}

// Open begins a conversation.
func (s *Sessions) Open(o Options, now time.Time) *Session {
	if o.Tally == nil {
		o.Tally = &Tally{}
	}
	one := &Session{shared: s, config: &s.config, options: o, id: rand.Text()[:16], now: now, meter: newMeter(&s.config.Limits),
		helloBy: now.Add(s.config.HelloWithin), topics: map[topicKey]*subscription{}}
	one.seats.board = relay.NewBoard(&one.seats, o.Marks)
	return one
}

// Close ends it: nothing is asked of it any more.
func (s *Session) Close() {
	s.reads.close()
	s.depart()
	for _, sub := range s.topics {
		sub.release()
	}
	clear(s.topics)
	s.leaveGroups()
}

// Ended is why the conversation is over: once Fill has nothing more, the
// connection closes. Nil while it goes on.
func (s *Session) Ended() *outcryv1.Error { return s.ended }

// End ends the conversation, and tells the client why.
func (s *Session) End(why *outcryv1.Error) { s.end(why) }

// Full says that no more frames are taken until some replies are filled.
func (s *Session) Full() bool {
	return len(s.replies) >= repliesMax || s.ended != nil || s.ticket != nil || s.draining
}

// Arriving says that the client waits to be let in: Wake is called when it is.
func (s *Session) Arriving() bool { return s.ticket != nil }

// Delivered counts the updates and items that were filled so far.
func (s *Session) Delivered() int { return s.updates }

// Next is when Tick has something to do.
func (s *Session) Next() time.Time {
	next := s.beatAt
	if !s.helloBy.IsZero() {
		return s.helloBy
	}
	for _, g := range s.groups {
		if !g.atOnce() {
			next = earlier(next, g.next)
		}
	}
	for _, r := range s.waiting {
		next = earlier(next, r.by)
	}
	return earlier(earlier(next, s.reads.retryAt), s.access.expires())
}

// earlier of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Tick does what is due by now.
func (s *Session) Tick(now time.Time) {
	s.now = now
	if !s.helloBy.IsZero() {
		if !now.Before(s.helloBy) {
			s.late()
		}
		return
	}
	s.recheck()
	for _, g := range s.groups {
		if !g.atOnce() && !now.Before(g.next) {
			g.scan()
			if s.beatAt.Before(g.next) { // in the same message
				s.beatAt = now
			}
		}
	}
	if !now.Before(s.beatAt) {
		s.beat()
	}
	s.expire()
	s.retryReads()
}

// Settled says that no command waits for its decision: every answer is among what is to be filled.
func (s *Session) Settled() bool { return s.pending == 0 }

// Drain asks the client to reconnect within a time. Nothing more of it is taken:
// what it sends now is not answered, and it sends it again elsewhere.
func (s *Session) Drain(within time.Duration) {
	s.draining = true
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Drain{Drain: &outcryv1.Drain{
		RetryWithinMs: uint32(within.Milliseconds()), Resume: s.token()}}})
}

// Refuse tells the client that something it sent was not understood. The text
// may quote the client's own bytes.
func (s *Session) Refuse(code outcryv1.ErrorCode, text string) {
	s.replyError(fault.NewError(code, strings.ToValidUTF8(text, "\ufffd")))
}

// end lets what is queued out, with the reason last.
func (s *Session) end(e *outcryv1.Error) {
	if s.ended == nil {
		s.replyError(e)
		s.ended = e
	}
}

// reply queues a frame; after the reason of the end nothing comes.
func (s *Session) reply(f *outcryv1.ServerFrame) {
	if s.ended != nil {
		return
	}
	s.config.tell(f)
	s.replies = append(s.replies, f)
	s.options.Wake()
}

func (s *Session) replyError(e *outcryv1.Error) {
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Error{Error: e}})
}
