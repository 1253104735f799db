package session

import (
	"math"
	"sort"

	outcryv1 "outcry/proto/outcry/v1"
)

// unackedMost bounds what a client may ask to have under way: each is 8 bytes here.
const unackedMost = 10_000

// unacked are the items of a stream that were filled and not acknowledged; nil where the
// client asked for no bound.
type unacked struct {
	most int
	seqs []uint64 // ascending
}

func newUnacked(want *outcryv1.Subscription) *unacked {
	if want.GetUnackedMax() == 0 {
		return nil
	}
	return &unacked{most: int(want.GetUnackedMax())}
}

// room is how many more items may be filled.
func (u *unacked) room() int {
	if u == nil {
		return math.MaxInt
	}
	return u.most - len(u.seqs)
}

func (u *unacked) sent(seq uint64) {
	if u != nil {
		u.seqs = append(u.seqs, seq)
	}
}

// acked forgets all up to a seq and says whether that made room where there was none.
func (u *unacked) acked(seq uint64) bool {
	full := u.room() == 0
	n := sort.Search(len(u.seqs), func(i int) bool { return u.seqs[i] > seq })
	u.seqs = append(u.seqs[:0], u.seqs[n:]...)
	return full && n > 0
}

// ack lets a stream go on. One that is not subscribed to was so when the client said it.
func (s *Session) ack(m *outcryv1.Ack) {
	key, refusal := keyOf(m.GetTopic())
	if refusal != nil {
		s.replyError(refusal)
		return
	}
	sub := s.topics[key]
	if sub == nil || sub.stream == nil || sub.stream.unacked == nil || sub.request != nil {
		return
	}
	if m.GetSeq() > sub.stream.cursor {
		s.replyError(invalid("ack of %d: %s was sent up to %d", m.GetSeq(), key.id, sub.stream.cursor))
		return
	}
	if sub.stream.unacked.acked(m.GetSeq()) {
		s.enqueue(sub)
	}
}
