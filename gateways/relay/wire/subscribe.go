package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Fields of a ClientFrame and of a Subscribe.
const (
	frameSubscribe         = 2
	subscribeRequest       = 1
	subscribeSubscriptions = 2
	subscriptionTopic      = 1
)

// decodeSubscribe reads a frame that is one Subscribe, with all its subscriptions in one
// piece of memory each: read one by one, the hundreds of a client cost as many allocations, and
// leave 2 KB of holes between what stays of its connection. ok is false for every other frame.
func decodeSubscribe(p []byte) (f *outcryv1.ClientFrame, ok bool) {
	field, kind, n := protowire.ConsumeTag(p)
	if n < 0 || field != frameSubscribe || kind != protowire.BytesType {
		return nil, false
	}
	body, m := protowire.ConsumeBytes(p[n:])
	if m < 0 || n+m != len(p) {
		return nil, false
	}
	count, ok := countSubscriptions(body)
	if !ok {
		return nil, false
	}
	s := &outcryv1.Subscribe{Subscriptions: make([]*outcryv1.Subscription, count)}
	subs, topics := make([]outcryv1.Subscription, count), make([]outcryv1.Topic, count)
	for i := 0; len(body) > 0; {
		field, kind, n := protowire.ConsumeTag(body)
		value := body[n:]
		n = protowire.ConsumeFieldValue(field, kind, value)
		body = value[n:]
		switch field {
		case subscribeRequest:
			request, _ := protowire.ConsumeVarint(value)
			s.Request = uint32(request)
		case subscribeSubscriptions:
			one, _ := protowire.ConsumeBytes(value)
			s.Subscriptions[i] = &subs[i]
			if !readSubscription(one, &subs[i], &topics[i]) {
				return nil, false
			}
			i++
		}
	}
	return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: s}}, true
}

// countSubscriptions also says whether the fields are such that they can be read.
func countSubscriptions(body []byte) (count int, ok bool) {
	for len(body) > 0 {
		field, kind, n := protowire.ConsumeField(body)
		switch {
		case n < 0:
			return 0, false
		case field == subscribeSubscriptions && kind == protowire.BytesType:
			count++
		case field == subscribeSubscriptions, field == subscribeRequest && kind != protowire.VarintType:
			return 0, false
		}
		body = body[n:]
	}
	return count, true
}

func readSubscription(p []byte, s *outcryv1.Subscription, topic *outcryv1.Topic) bool {
	for rest := p; len(rest) > 0; {
		field, kind, n := protowire.ConsumeField(rest)
		if n < 0 {
			return false
		}
		if field == subscriptionTopic && kind == protowire.BytesType {
			s.Topic = topic // else it has none
		}
		rest = rest[n:]
	}
	return proto.UnmarshalOptions{DiscardUnknown: true, Merge: true}.Unmarshal(p, s) == nil
}
