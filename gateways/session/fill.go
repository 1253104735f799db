package session

import "time"

// Fill appends one message of frames to dst, from the freshest versions there
// are now: replies, then topics, until fillBytes are framed. Streams that go on for long leave
// half of it to latest-wins topics. Where there is nothing to say dst comes back as it is. more says that something is left.
func (s *Session) Fill(dst []byte, now time.Time) (out []byte, more bool) {
	s.now = now
	s.recheck()
	start, e := len(dst), s.options.Encoding
	dst = e.Open(dst)
	body := len(dst)
	dst = s.fillReplies(dst, body+fillBytes)
	dst = s.fillDue(dst, body+fillBytes/2)
	for i := range s.groups {
		dst = s.groups[(s.turn+i)%len(s.groups)].fill(dst, body+fillBytes)
	}
	s.turn++
	dst = s.fillDue(dst, body+fillBytes)
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

// fillDue takes streams from the queue. One that has more goes to its end,
// so that one long history holds up no other.
func (s *Session) fillDue(dst []byte, limit int) []byte {
	for len(dst) < limit {
		sub := s.due.pop()
		if sub == nil {
			return dst
		}
		sub.queued = false
		if sub.released {
			continue
		}
		var more bool
		if dst, more = sub.fillStream(dst); more {
			s.enqueue(sub)
		}
	}
	return dst
}

func (s *Session) unfilled() bool {
	for _, g := range s.groups {
		if g.unfilled() {
			return true
		}
	}
	return len(s.replies) > 0 || s.due.any()
}

// enqueue puts a stream in line, once.
func (s *Session) enqueue(sub *subscription) {
	if !sub.queued {
		sub.queued = true
		s.due.push(sub)
	}
	s.options.Wake()
}

// queue of streams, first come first served; one stands in it at most
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
