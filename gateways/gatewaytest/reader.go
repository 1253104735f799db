package gatewaytest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// reader follows one never-lose stream as a careful client does: it fails on
// any gap, repetition or disorder.
type reader struct {
	t      *testing.T
	p      *peer
	topic  *outcryv1.Topic
	cursor uint64
	last   uint64 // of the items, or the cursor that the stream began after
	began  bool
	items  []*outcryv1.Item
	lost   []*outcryv1.HistoryLost
}

// follow reads a stream from where a subscription begins.
func (p *peer) follow(s *outcryv1.Subscription) *reader {
	p.t.Helper()
	p.granted(s)
	return &reader{t: p.t, p: p, topic: s.GetTopic(), cursor: s.GetAfterSeq(), last: s.GetAfterSeq(), began: s.AfterSeq != nil}
}

// until reads until the stream is complete up to a seq.
func (r *reader) until(seq uint64) *reader {
	r.t.Helper()
	r.while("seq", func() bool { return r.cursor < seq || !r.began })
	return r
}

// count reads until it has so many items.
func (r *reader) count(n int) *reader {
	r.t.Helper()
	r.while("item", func() bool { return len(r.items) < n })
	return r
}

func (r *reader) while(what string, wanting func() bool) {
	r.t.Helper()
	if wanting() {
		r.p.frame("last "+what, func(f *outcryv1.ServerFrame) bool {
			r.take(f)
			return !wanting()
		})
	}
}

func (r *reader) take(f *outcryv1.ServerFrame) {
	r.t.Helper()
	switch {
	case f.GetItems() != nil && proto.Equal(f.GetItems().GetTopic(), r.topic):
		r.takeItems(f.GetItems())
	case f.GetHistoryLost() != nil:
		r.lost = append(r.lost, f.GetHistoryLost())
		r.cursor = max(r.cursor, f.GetHistoryLost().GetToSeq())
	case f.GetHeartbeat() != nil:
		for _, c := range f.GetHeartbeat().GetComplete() {
			if proto.Equal(c.GetTopic(), r.topic) {
				r.cursor = max(r.cursor, c.GetSeq())
			}
		}
	}
}

func (r *reader) takeItems(items *outcryv1.Items) {
	r.t.Helper()
	if items.GetSnapshot() == r.began {
		r.t.Fatalf("snapshot=%v where the stream began=%v", items.GetSnapshot(), r.began)
	}
	for i, item := range items.GetItems() {
		if item.GetSeq() <= r.cursor && r.began || item.GetPrevSeq() != r.last && (r.began || i > 0) {
			r.t.Fatalf("gap or repetition: item %d after %d, when %d was the last and all to %d was there", item.GetSeq(), item.GetPrevSeq(), r.last, r.cursor)
		}
		if !r.began && i == 0 && item.GetPrevSeq() != 0 {
			r.t.Fatalf("the first item says that %d came before it", item.GetPrevSeq())
		}
		r.cursor, r.last = item.GetSeq(), item.GetSeq()
		r.items = append(r.items, item)
	}
	if items.GetCompleteTo() < r.cursor {
		r.t.Fatalf("complete to %d, with item %d before it", items.GetCompleteTo(), r.cursor)
	}
	r.cursor, r.began = items.GetCompleteTo(), true
}
