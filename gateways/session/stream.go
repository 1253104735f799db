package session

import (
	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// ringItems is how many items one look at the relay's recent history takes.
const ringItems = 256

// streamTopic is a never-lose subscription.
type streamTopic struct {
	source *relay.Stream
	part   []byte  // its topic, encoded
	after  *uint64 // the cursor that the client gave
	recent int
	// Everything up to cursor was filled; prev is the item before the next as this client sees it.
	cursor, prev uint64
	snapshot     bool   // the next frame is the start
	told         uint64 // how far the client was told that it is complete
	began        uint64 // the cursor at the start
	delivered    uint64 // items
	lost         uint64 // seqs that were told as lost
	filtered     uint64 // seqs that are not for this client
	unacked      *unacked
	reading      bool
	waiting      bool // the newest read failed: what the cursor needs is not to be had now
	holes        int  // in a row, that reads had
	// page is what was read and is not filled yet; complete is where it ends.
	page     []*relay.Item
	complete uint64
}

func newStream(sub *subscription, want *outcryv1.Subscription) *streamTopic {
	st := &streamTopic{unacked: newUnacked(want), after: want.AfterSeq, recent: int(want.GetRecent()), part: sub.session.options.Encoding.TopicPart(sub.key.topic())}
	if sub.room != nil {
		st.source = sub.room.Stream()
	} else {
		st.source = sub.instrument.Stream(streamOf(sub.key))
	}
	return st
}

// streamOf is the instrument's stream of a topic.
func streamOf(k topicKey) int {
	switch {
	case k.channel == outcryv1.Channel_CHANNEL_TRADES:
		return relay.Trades
	case k.resolution == outcryv1.Resolution_RESOLUTION_1S:
		return relay.ClosedSecond
	}
	return relay.ClosedMinute
}

// start sets the cursor: where the client was, or before the newest items, but not before what it may read.
func (st *streamTopic) start(from uint64) {
	if st.after != nil {
		st.cursor, st.prev = *st.after, *st.after
	} else {
		st.cursor, st.snapshot = st.source.Newest(st.recent), true
	}
	st.hide(from)
	st.began, st.filtered = st.cursor, 0
}

// fillStream writes one frame of the next items. more says that there may be others.
func (sub *subscription) fillStream(dst []byte) (out []byte, more bool) {
	st, s := sub.stream, sub.session
	if st.unacked.room() == 0 {
		return dst, false // an ack puts it in line again
	}
	items, complete := st.page, st.complete
	if len(items) == 0 {
		if st.reading { // what is read follows the cursor, so nothing else may move it
			return dst, false
		}
		var ok bool
		if items, complete, ok = st.source.After(s.scratch[:0], st.cursor, ringItems); !ok {
			if sub.moved() {
				return dst, !sub.released
			}
			s.readOn(sub)
			return dst, false
		}
		s.scratch = items[:0]
	}
	if len(items) == 0 && !st.snapshot {
		st.cursor = complete
		return dst, false
	}
	if sub.moved() {
		return dst, !sub.released
	}
	return sub.fillItems(dst, items, complete)
}

func (sub *subscription) fillItems(dst []byte, items []*relay.Item, complete uint64) (out []byte, more bool) {
	st, s, e := sub.stream, sub.session, sub.session.options.Encoding
	begin, n := len(dst), 0
	items, cut := items[:min(len(items), st.unacked.room())], len(items) > st.unacked.room()
	dst, mark := e.OpenItems(dst, st.part, st.snapshot)
	for n < len(items) && len(dst)-begin < streamBytes {
		dst = e.Item(dst, items[n].Seq, st.prev, items[n].Part(e))
		st.cursor, st.prev = items[n].Seq, items[n].Seq
		st.unacked.sent(st.cursor)
		n++
	}
	if n == len(items) && !cut {
		st.cursor = complete
	}
	if len(st.page) > 0 {
		st.page = st.page[n:]
	}
	s.updates += n
	s.options.Tally.Items += uint64(n)
	if sub.room != nil && s.config.Pushed != nil {
		for _, i := range items[:n] {
			s.config.Pushed(s.id, i.Body().(*outcryv1.Message))
		}
	}
	st.delivered += uint64(n)
	st.snapshot, st.told = false, st.cursor
	return e.CloseItems(dst, mark, st.cursor), n > 0
}

// completed says whether a stream has come further than was told, although no item says so.
func (sub *subscription) completed() bool {
	st := sub.stream
	if sub.queued || st.reading || len(st.page) > 0 {
		return false
	}
	if items, complete, ok := st.source.After(sub.session.scratch[:0], st.cursor, 1); ok && len(items) == 0 {
		st.cursor = complete
	}
	if st.cursor <= st.told {
		return false
	}
	st.told = st.cursor
	return true
}
