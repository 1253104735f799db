package session

import (
	"maps"
	"slices"
	"time"

	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// request is one Subscribe on its way: it is answered when each of its
// entities is attached, found unknown, or too late.
type request struct {
	id      uint32
	answers []*outcryv1.TopicAnswer
	subs    []*subscription
	waiting int
	by      time.Time
}

func (s *Session) subscribe(m *outcryv1.Subscribe) {
	r := &request{id: m.GetRequest(), by: s.now.Add(s.config.AttachWithin)}
	// In one piece each: what lives shortly then leaves no holes in memory, 10 KB a client that asks for hundreds.
	answers, subs := make([]outcryv1.TopicAnswer, len(m.GetSubscriptions())), make([]subscription, len(m.GetSubscriptions()))
	for i, want := range m.GetSubscriptions() {
		answer := &answers[i]
		answer.Topic = want.GetTopic()
		r.answers = append(r.answers, answer)
		sub := &subs[i]
		if never(want.GetTopic().GetChannel()) {
			sub = new(subscription) // this one stays, and should not hold the others
		}
		refusal := s.open(sub, want)
		if refusal != nil {
			answer.Error = refusal
			continue
		}
		sub.request, sub.answer = r, answer
		r.subs = append(r.subs, sub)
		r.waiting++
	}
	s.waiting = append(s.waiting, r)
	for _, sub := range r.subs {
		s.attached(sub)
	}
	if len(r.subs) == 0 {
		s.settle(r)
	}
}

// attached looks whether the entity of a subscription is known by now.
func (s *Session) attached(sub *subscription) {
	switch state := sub.state(); {
	case sub.decided || state == relay.Attaching:
	case state == relay.Known:
		refusal := sub.entry()
		if refusal == nil {
			refusal = sub.refusal()
		}
		s.decide(sub, refusal)
	case sub.room != nil:
		s.decide(sub, failure(outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM, "room %s does not exist; join it first", sub.key.id))
	default:
		s.decide(sub, failure(outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT, "instrument %s is not defined", sub.key.id))
	}
}

func (sub *subscription) state() relay.State {
	if sub.room != nil {
		return sub.room.State()
	}
	if sub.stream != nil {
		return sub.instrument.StreamState(streamOf(sub.key))
	}
	return sub.instrument.State()
}

// refusal of a cursor that this stream never gave out: what follows it would be left out silently.
func (sub *subscription) refusal() *outcryv1.Error {
	if sub.stream == nil || sub.stream.after == nil {
		return nil
	}
	if head := sub.stream.source.Complete(); *sub.stream.after > head {
		e := invalid("after_seq %d is beyond the stream's end %d", *sub.stream.after, head)
		e.Retry = outcryv1.Retry_RETRY_RESYNC
		return e
	}
	return nil
}

// decide answers one topic; the last one answers the request.
func (s *Session) decide(sub *subscription, refusal *outcryv1.Error) {
	r := sub.request
	sub.decided, sub.answer.Error = true, refusal
	if refusal != nil && !sub.released {
		delete(s.topics, sub.key)
		sub.release()
	}
	r.waiting--
	if r.waiting == 0 {
		s.settle(r)
	}
}

// settle answers a request and starts what it was granted.
func (s *Session) settle(r *request) {
	s.waiting = slices.DeleteFunc(s.waiting, func(other *request) bool { return other == r })
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Subscribed{
		Subscribed: &outcryv1.SubscribeAnswer{Request: r.id, Answers: r.answers}}})
	s.tokens.stale = true
	before := len(s.topics)
	for i, sub := range r.subs {
		sub.request, sub.answer = nil, nil
		switch {
		case sub.released:
		case sub.stream == nil:
			s.join(sub, len(r.subs)-i)
		default:
			sub.stream.start(sub.guest.from)
			s.enqueue(sub)
		}
	}
	if len(s.topics) <= before/2 { // a map keeps the room of those that went: 10 KB of two hundred
		s.topics = maps.Collect(maps.All(s.topics))
	}
}

// drop ends a subscription; one that is not granted yet is answered with the refusal.
func (s *Session) drop(sub *subscription, refusal *outcryv1.Error) {
	s.tokens.stale = true
	delete(s.topics, sub.key)
	sub.release()
	if sub.request != nil && !sub.decided {
		s.decide(sub, refusal)
	}
}

// expire refuses what could not be attached in time.
func (s *Session) expire() {
	for _, r := range slices.Clone(s.waiting) {
		if s.now.Before(r.by) {
			continue
		}
		for _, sub := range r.subs {
			if !sub.decided {
				s.decide(sub, failure(outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, "%s cannot be read now", sub.key.id))
			}
		}
	}
}

func (s *Session) unsubscribe(m *outcryv1.Unsubscribe) {
	answer := &outcryv1.SubscribeAnswer{Request: m.GetRequest()}
	for _, topic := range m.GetTopics() {
		one := &outcryv1.TopicAnswer{Topic: topic}
		key, refusal := keyOf(topic)
		switch {
		case refusal != nil:
			one.Error = refusal
		case !s.forget(key, invalid("unsubscribed before it was granted")):
			one.Error = invalid("not subscribed")
		}
		answer.Answers = append(answer.Answers, one)
	}
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Unsubscribed{Unsubscribed: answer}})
}
