package session

import (
	"math"
	"time"

	"outcry/actors/instrument"
	"outcry/events"
	"outcry/gateways/identity"
	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// topicKey tells topics apart.
type topicKey struct {
	channel    outcryv1.Channel
	id         string
	resolution outcryv1.Resolution
}

// subscription is one never-lose topic of a session, or a latest-wins topic until it is
// granted: then its group has it.
type subscription struct {
	session    *Session
	key        topicKey
	request    *request // until it is granted and its answer is queued
	answer     *outcryv1.TopicAnswer
	decided    bool
	released   bool
	queued     bool
	seat       int
	instrument *relay.Instrument
	room       *relay.Room
	every      time.Duration // of a latest-wins topic
	stream     *streamTopic  // nil of a latest-wins topic
	guest      guest         // of a room
}

// never says that nothing of a channel is lost; of others only the latest counts.
func never(channel outcryv1.Channel) bool {
	switch channel {
	case outcryv1.Channel_CHANNEL_ROOM, outcryv1.Channel_CHANNEL_TRADES, outcryv1.Channel_CHANNEL_CLOSED_BARS:
		return true
	}
	return false
}

// topic as clients say it. None is kept: two hundred of a client are 19 KB.
func (k topicKey) topic() *outcryv1.Topic {
	return &outcryv1.Topic{Channel: k.channel, Id: k.id, Resolution: k.resolution}
}

// keyOf checks a topic.
func keyOf(t *outcryv1.Topic) (topicKey, *outcryv1.Error) {
	key := topicKey{channel: t.GetChannel(), id: t.GetId()}
	if err := events.ValidID(key.id); err != nil {
		return key, invalid("%v", err)
	}
	switch key.channel {
	case outcryv1.Channel_CHANNEL_QUOTE, outcryv1.Channel_CHANNEL_STATS, outcryv1.Channel_CHANNEL_TRADES, outcryv1.Channel_CHANNEL_ROOM:
		return key, nil
	case outcryv1.Channel_CHANNEL_BAR, outcryv1.Channel_CHANNEL_CLOSED_BARS:
		key.resolution = t.GetResolution()
		if key.resolution == outcryv1.Resolution_RESOLUTION_1S || key.resolution == outcryv1.Resolution_RESOLUTION_1M {
			return key, nil
		}
		return key, invalid("resolution %v: 1S or 1M; larger bars are read", t.GetResolution())
	}
	return key, invalid("channel %v is not known", t.GetChannel())
}

// open fills in a subscription and begins to attach its entity.
func (s *Session) open(sub *subscription, want *outcryv1.Subscription) *outcryv1.Error {
	key, refusal := keyOf(want.GetTopic())
	if refusal == nil {
		refusal = s.demand(identity.See, key.id)
	}
	if refusal == nil {
		refusal = wishRefusal(want)
	}
	if refusal != nil {
		return refusal // and a subscription to the same topic stays as it is
	}
	s.forget(key, invalid("replaced by a later subscription"))
	if s.subscriptions() >= s.config.Limits.Subscriptions {
		return failure(outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_SUBSCRIPTIONS, "at most %d subscriptions", s.config.Limits.Subscriptions)
	}
	sub.session, sub.key = s, key
	if never(key.channel) {
		refusal = sub.openStream(want)
	} else {
		refusal = sub.openLatest(want)
	}
	if refusal != nil {
		return refusal
	}
	sub.key.id = sub.shared()
	s.topics[sub.key] = sub
	return nil
}

// forget ends a topic, if there is a subscription to it; one that is not granted yet is answered with the refusal.
func (s *Session) forget(key topicKey, refusal *outcryv1.Error) (had bool) {
	if sub := s.topics[key]; sub != nil {
		s.drop(sub, refusal)
		return true
	}
	if g, i := s.find(key); g != nil {
		g.leave(i)
		return true
	}
	return false
}

// shared is the entity's id as all who watch it have it: the client's own copy is let go.
func (sub *subscription) shared() string {
	if sub.room != nil {
		return sub.room.ID()
	}
	return sub.instrument.ID()
}

// wishRefusal checks what is wished for beside the topic.
func wishRefusal(want *outcryv1.Subscription) *outcryv1.Error {
	perSecond := want.GetMaxPerSecond()
	switch {
	case math.IsNaN(perSecond) || math.IsInf(perSecond, 0) || perSecond < 0:
		return invalid("max_per_second: %v", perSecond)
	case want.GetRecent() > pageItems:
		return invalid("recent: %d, at most %d", want.GetRecent(), pageItems)
	case want.GetUnackedMax() > unackedMost:
		return invalid("unacked_max: %d, at most %d", want.GetUnackedMax(), unackedMost)
	}
	return nil
}

func (sub *subscription) openLatest(want *outcryv1.Subscription) *outcryv1.Error {
	if refusal := sub.acquire(0); refusal != nil {
		return refusal
	}
	sub.every = intervalOf(want.GetMaxPerSecond())
	sub.takeSeat()
	return nil
}

func (sub *subscription) openStream(want *outcryv1.Subscription) *outcryv1.Error {
	if refusal := sub.acquire(relay.WantOf(streamOf(sub.key))); refusal != nil {
		return refusal
	}
	sub.stream = newStream(sub, want)
	sub.takeSeat()
	return nil
}

// acquire takes the entity's entry.
func (sub *subscription) acquire(wants instrument.Wants) *outcryv1.Error {
	var err error
	if sub.key.channel == outcryv1.Channel_CHANNEL_ROOM {
		sub.room, err = sub.session.config.Relay.Room(sub.key.id)
	} else {
		sub.instrument, err = sub.session.config.Relay.Instrument(sub.key.id, wants)
	}
	if err != nil {
		return failure(outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, "%v", err)
	}
	return nil
}

// release gives back all that the subscription holds. A mark or a read may still come.
func (sub *subscription) release() {
	sub.released = true
	sub.leaveSeat()
	if sub.instrument != nil {
		sub.instrument.Release()
	}
	if sub.room != nil {
		sub.room.Release()
	}
}

// takeSeat has the subscription marked when something happens to its entity.
func (sub *subscription) takeSeat() {
	s := &sub.session.seats
	sub.seat = s.take(sub)
	if sub.stream != nil {
		sub.stream.source.Watch(&s.board, sub.seat)
	} else {
		sub.instrument.Watch(slotOf(sub.key), &s.board, sub.seat)
	}
}

// leaveSeat ends the watch.
func (sub *subscription) leaveSeat() {
	s := &sub.session.seats
	if sub.stream != nil {
		sub.stream.source.Unwatch(&s.board, sub.seat)
	} else {
		sub.instrument.Unwatch(slotOf(sub.key), &s.board, sub.seat)
	}
	s.leave(sub.seat)
}

// marked says that something happened to the entity.
func (sub *subscription) marked() {
	if sub.request != nil {
		sub.session.attached(sub)
	} else {
		sub.session.enqueue(sub)
	}
}
