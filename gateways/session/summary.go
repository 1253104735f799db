package session

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
			if head := sub.stream.source.Complete(); head > sub.stream.cursor {
				sum.Lag = max(sum.Lag, head-sub.stream.cursor)
			}
		}
	}
	return sum
}
