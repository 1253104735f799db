package session

import (
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// Summary is one session as operators see it.
type Summary struct {
	ID, User      string // User is empty before hello, and where hello named none
	Subscriptions int
	Waiting       int // topics and replies that are to be filled, and commands that wait for their decision
	// Lag is how far the cursor that is furthest behind is behind its stream, in seqs.
	Lag uint64
}

// ID is what hello told the client.
func (s *Session) ID() string { return s.id }

// Greeted says that hello was said.
func (s *Session) Greeted() bool { return s.helloBy.IsZero() }

// User that hello named.
func (s *Session) User() string { return s.user }

// Summary looks at the session, in its turn.
func (s *Session) Summary() Summary {
	sum := Summary{ID: s.id, User: s.user, Subscriptions: s.subscriptions(),
		Waiting: s.due.len() + len(s.replies) + s.pending}
	for _, g := range s.groups {
		sum.Waiting += g.waiting()
	}
	for _, sub := range s.topics {
		if sub.stream != nil && sub.request == nil {
			sum.Lag = max(sum.Lag, sub.stream.lag())
		}
	}
	return sum
}

// TopicSummary is one subscription as operators see it.
type TopicSummary struct {
	Topic *outcryv1.Topic
	Every time.Duration // between two versions of a latest-wins topic at least; 0 is at once
	// Cursor of a never-lose topic: everything up to it was filled.
	Cursor uint64
	Book   *outcryv1.Book
}

// Topics looks at the subscriptions that are granted, in the session's turn.
func (s *Session) Topics() []TopicSummary {
	all := make([]TopicSummary, 0, s.subscriptions())
	for _, sub := range s.topics {
		if sub.request != nil {
			continue
		}
		all = append(all, TopicSummary{Topic: sub.key.topic(), Book: sub.book(), Cursor: sub.stream.cursor})
	}
	for _, g := range s.groups {
		for i := range g.places {
			all = append(all, TopicSummary{Topic: keyAt(&g.places[i]).topic(), Book: bookAt(&g.places[i]), Every: g.every})
		}
	}
	return all
}

func (st *streamTopic) lag() uint64 {
	if head := st.source.Complete(); head > st.cursor {
		return head - st.cursor
	}
	return 0
}
