package session

import (
	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// booksFrame is how many books one frame has: all of a session's would be longer than
// what is framed at a time.
const booksFrame = 200

// books says of topics what became of all that was published. A reply is written before
// anything else of its message, so they are as of what was filled before.
func (s *Session) books(m *outcryv1.BooksRequest) {
	all := s.booksOf(m)
	for {
		n := min(len(all), booksFrame)
		s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Books{Books: &outcryv1.Books{
			Request: m.GetRequest(), Books: all[:n], More: n < len(all)}}})
		if all = all[n:]; len(all) == 0 {
			return
		}
	}
}

func (s *Session) booksOf(m *outcryv1.BooksRequest) (all []*outcryv1.Book) {
	if len(m.GetTopics()) == 0 {
		for _, sub := range s.topics {
			all = append(all, sub.book())
		}
		for _, g := range s.groups {
			for i := range g.places {
				all = append(all, bookAt(&g.places[i]))
			}
		}
		return all
	}
	for _, topic := range m.GetTopics() {
		key, refusal := keyOf(topic)
		if refusal != nil {
			all = append(all, &outcryv1.Book{Topic: topic, Error: refusal})
			continue
		}
		all = append(all, s.bookOf(key))
	}
	return all
}

func (s *Session) bookOf(key topicKey) *outcryv1.Book {
	if sub := s.topics[key]; sub != nil {
		return sub.book()
	}
	if g, i := s.find(key); g != nil {
		return bookAt(&g.places[i])
	}
	return &outcryv1.Book{Topic: key.topic(), Error: invalid("not subscribed")}
}

// bookAt says what became of all that happened since the snapshot.
func bookAt(p *relay.Place) *outcryv1.Book {
	b := p.Book()
	return &outcryv1.Book{Topic: keyAt(p).topic(), Published: b.Published, Delivered: b.Delivered, Conflated: b.Conflated, Waiting: b.Waiting}
}

func (sub *subscription) book() *outcryv1.Book {
	b := &outcryv1.Book{Topic: sub.key.topic()}
	if sub.request == nil { // nothing is published before it is granted
		sub.stream.book(b, sub.key.channel == outcryv1.Channel_CHANNEL_TRADES)
	}
	return b
}

// book of a stream. The seqs of rooms and closed bars are dense; between those of trades lie
// other events, so that only those which are at hand are counted.
func (st *streamTopic) book(b *outcryv1.Book, sparse bool) {
	b.Delivered, b.Lost = st.delivered, st.lost
	if sparse {
		after := st.cursor
		if len(st.page) > 0 {
			after = max(after, st.complete)
		}
		waiting, ok := st.source.Count(after)
		b.Waiting, b.More = uint64(waiting+len(st.page)), !ok
		b.Published = b.Delivered + b.Lost + b.Waiting
		return
	}
	b.Published = st.source.Complete() - st.began
	b.Waiting = st.source.Complete() - st.cursor
	b.Filtered = st.filtered
	b.Conflated = st.cursor - st.began - st.delivered - st.lost - st.filtered
}
