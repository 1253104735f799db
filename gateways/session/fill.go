package session

import "time"

// Fill appends one message of frames to dst, from the freshest versions there
// are now: replies, then topics in turn, until fillBytes are framed. Where
// there is nothing to say dst comes back as it is. more says that something is left.
func (s *Session) Fill(dst []byte, now time.Time) (out []byte, more bool) {
	s.now = now
	s.recheck()
	start, e := len(dst), s.options.Encoding
	dst = e.Open(dst)
	body := len(dst)
	dst = s.fillReplies(dst, body+fillBytes)
	dst = s.fillDue(dst, body+fillBytes)
	for _, r := range s.rates {
		dst = r.fill(dst, s, body+fillBytes)
	}
	if len(dst) == body {
		return dst[:start], false
	}
	return e.Close(dst), s.unfilled()
}

func (s *Session) fillReplies(dst []byte, limit int) []byte {
	n := 0
	for n < len(s.replies) && len(dst) < limit {
		dst = s.options.Encoding.Frame(dst, s.replies[n])
		n++
	}
	left := copy(s.replies, s.replies[n:])
	clear(s.replies[left:])
	s.replies = s.replies[:left]
	return dst
}

// fillDue takes topics from the queue. A stream that has more goes to its end,
// so that one long history holds up no other topic.
func (s *Session) fillDue(dst []byte, limit int) []byte {
	for len(dst) < limit {
		sub := s.due.pop()
		if sub == nil {
			return dst
		}
		sub.queued = false
		switch {
		case sub.released:
		case sub.latest != nil:
			dst = sub.latest.current().fill(dst, s)
		default:
			var more bool
			if dst, more = sub.fillStream(dst); more {
				s.enqueue(sub)
			}
		}
	}
	return dst
}

func (s *Session) unfilled() bool {
	for _, r := range s.rates {
		if r.at < len(r.versions) {
			return true
		}
	}
	return len(s.replies) > 0 || s.due.any()
}

// enqueue puts a topic in line, once.
func (s *Session) enqueue(sub *subscription) {
	if !sub.queued {
		sub.queued = true
		s.due.push(sub)
	}
	s.options.Wake()
}

// queue of topics, first come first served; a topic stands in it at most
// twice (a released one until its turn comes).
type queue struct {
	list []*subscription
	head int
}

func (q *queue) any() bool { return q.head < len(q.list) }

func (q *queue) len() int { return len(q.list) - q.head }

func (q *queue) push(sub *subscription) {
	if q.head > 0 && len(q.list) == cap(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	q.list = append(q.list, sub)
}

func (q *queue) pop() *subscription {
	if !q.any() {
		return nil
	}
	sub := q.list[q.head]
	q.list[q.head] = nil
	q.head++
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	return sub
}
