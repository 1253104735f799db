package embedded

import "sync"

// Memory that a record in the tail takes besides its payload.
const tailRecordBytes = 64

// tail is what readers see: how far each stream is durable, and the newest
// records themselves. One lock guards both, so that a reader that finds
// nothing and goes to sleep can't miss what is added in between.
type tail struct {
	limit int64

	mu      sync.Mutex
	streams []streamTail
	order   fifo[int] // streams of the records in memory, oldest first
	bytes   int64
}

// tailRecord is a durable record in memory.
type tailRecord struct {
	payload  []byte
	checksum uint64
}

type streamTail struct {
	next    int64 // offset that comes after the last durable record
	recent  fifo[tailRecord]
	waiting []chan<- struct{} // of readers at the end, each with room for one wake-up
}

func (t *tail) init(limit int64, next []int64) {
	t.limit = limit
	t.streams = make([]streamTail, len(next))
	for i, offset := range next {
		t.streams[i].next = offset
	}
}

func (t *tail) end(stream int) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.streams[stream].next
}

// add shows a durable group to readers. Only the readers of its streams are
// woken: at 1,000 groups a second waking 32 of them each time would cost more
// than the groups.
func (t *tail) add(records []encoded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range records {
		r := &records[i]
		s := &t.streams[r.stream]
		s.next++
		s.recent.push(r.tailRecord)
		t.order.push(r.stream)
		t.bytes += tailRecordBytes + int64(len(r.payload))
		for _, wake := range s.waiting {
			select {
			case wake <- struct{}{}:
			default: // it has one already
			}
		}
		clear(s.waiting)
		s.waiting = s.waiting[:0]
	}
	for t.bytes > t.limit && t.order.len() > 0 {
		old := t.streams[t.order.pop()].recent.pop()
		t.bytes -= tailRecordBytes + int64(len(old.payload))
	}
}

// what take found.
type found uint8

const (
	inMemory found = iota
	inFile         // durable, but no longer in memory
	notYet         // wake will get a wake-up
)

// take appends to dst up to max records of a stream from offset on.
func (t *tail) take(stream int, offset int64, dst []tailRecord, max int, wake chan<- struct{}) ([]tailRecord, found) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.streams[stream]
	first := s.next - int64(s.recent.len())
	switch {
	case offset >= s.next:
		s.waiting = append(s.waiting, wake)
		return dst, notYet
	case offset < first:
		return dst, inFile
	}
	from := int(offset - first)
	for i := from; i < s.recent.len() && i-from < max; i++ {
		dst = append(dst, s.recent.at(i))
	}
	return dst, inMemory
}

// forget takes back the wish for a wake-up.
func (t *tail) forget(stream int, wake chan<- struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.streams[stream]
	kept := s.waiting[:0]
	for _, w := range s.waiting {
		if w != wake {
			kept = append(kept, w)
		}
	}
	clear(s.waiting[len(kept):])
	s.waiting = kept
}
