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
	sum := Summary{ID: s.id, User: s.user, Subscriptions: len(s.topics),
		Waiting: s.due.len() + len(s.replies) + s.pending}
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
	all := make([]TopicSummary, 0, len(s.topics))
	for _, sub := range s.topics {
		if sub.request != nil {
			continue
		}
		one := TopicSummary{Topic: sub.key.topic(), Book: sub.book()}
		if sub.latest != nil {
			one.Every = sub.latest.every
		} else {
			one.Cursor = sub.stream.cursor
		}
		all = append(all, one)
	}
	return all
}

func (st *streamTopic) lag() uint64 {
	if head := st.source.Complete(); head > st.cursor {
		return head - st.cursor
	}
	return 0
}
