package main

import (
	"fmt"

	outcryv1 "outcry/proto/outcry/v1"
)

// streamTopic is one subscription of a stream, and how far it came.
type streamTopic struct {
	*outcryv1.Topic
	// perSecond bounds a latest-wins topic's updates; 0 is as they come.
	perSecond float64
	// recent items are wanted where there is no cursor.
	recent uint32
	// seen up to here is whole; unknown before the first frame of a never-lose topic.
	seen  uint64
	known bool
	// last is what the next item's prev_seq has to say.
	last uint64
	// shown is the newest version of a latest-wins topic.
	shown uint64
}

func (t *streamTopic) subscription() *outcryv1.Subscription {
	sub := &outcryv1.Subscription{Topic: t.Topic, MaxPerSecond: t.perSecond}
	switch {
	case !t.neverLose():
	case t.known:
		after := t.seen
		sub.AfterSeq = &after
		t.last = t.seen // the server counts from the cursor
	default:
		sub.Recent = t.recent
		t.last = 0
	}
	return sub
}

func (t *streamTopic) neverLose() bool {
	return t.Channel == outcryv1.Channel_CHANNEL_ROOM || t.Channel == outcryv1.Channel_CHANNEL_TRADES ||
		t.Channel == outcryv1.Channel_CHANNEL_CLOSED_BARS
}

func (t *streamTopic) complete(seq uint64) { t.seen, t.known = max(t.seen, seq), true }

func (t *streamTopic) forget() { t.seen, t.known, t.last, t.shown = 0, false, 0, 0 }

// topic finds ours for one that the server names.
func (s *stream) topic(of *outcryv1.Topic) *streamTopic {
	for _, t := range s.topics {
		if t.Channel == of.GetChannel() && t.Id == of.GetId() && t.Resolution == of.GetResolution() {
			return t
		}
	}
	return nil
}

// items takes the next items of a never-lose topic. One that does not follow
// the one before is not taken: the next connection asks for what lies between.
func (s *stream) items(m *outcryv1.Items) error {
	t := s.topic(m.Topic)
	if t == nil {
		return nil
	}
	for _, it := range m.Items {
		if it.PrevSeq != t.last || it.Seq <= t.last {
			return fmt.Errorf("%s of %s: item %d says that it follows %d, the one before was %d", word(t.Channel), t.Id, it.Seq, it.PrevSeq, t.last)
		}
		t.last = it.Seq
		t.complete(it.Seq)
		if err := s.item(t, it); err != nil {
			return &finalError{err}
		}
	}
	t.complete(m.CompleteTo)
	return nil
}

// updated takes a version of each latest-wins topic that the update is of;
// what was shown before the connection was lost is not shown again.
func (s *stream) updated(u *outcryv1.Update) error {
	for _, t := range s.topics {
		if t.Id != u.Instrument || t.Channel != channelOf(u) || u.Seq <= t.shown {
			continue
		}
		t.shown = u.Seq
		if err := s.update(t, u); err != nil {
			return &finalError{err}
		}
	}
	return nil
}

func channelOf(u *outcryv1.Update) outcryv1.Channel {
	switch u.Version.(type) {
	case *outcryv1.Update_Quote:
		return outcryv1.Channel_CHANNEL_QUOTE
	case *outcryv1.Update_Stats:
		return outcryv1.Channel_CHANNEL_STATS
	}
	return outcryv1.Channel_CHANNEL_BAR
}
