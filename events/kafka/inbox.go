package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Marks of an inbox, in bytes: above the first nothing more is fetched for its
// reader, below the second it is again. What is on its way comes on top: at
// most fetchPartitionBytes, or one batch where that is larger.
const (
	inboxFull  = 1 << 20
	inboxEmpty = 256 << 10
	// recordCost is what a record takes beside its bytes.
	recordCost = 256
)

func cost(r *kgo.Record) int { return len(r.Value) + recordCost }

// inbox holds what was fetched for one reader until that takes it.
type inbox struct {
	lane lane
	feed *feed
	next int64         // offset that comes after what was put in
	wake chan struct{} // holds one: look inside
	left chan struct{} // closed when nothing comes any more

	mu     sync.Mutex
	waits  []*kgo.Record
	bytes  int
	paused bool
	err    error
}

// put adds records, and pauses the partition when they have become many.
func (in *inbox) put(records []*kgo.Record, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, r := range records {
		if r.Offset < in.next {
			continue
		}
		in.next = r.Offset + 1
		in.waits = append(in.waits, r)
		in.bytes += cost(r)
	}
	if err != nil {
		in.err = err
	}
	if !in.paused && in.bytes > inboxFull {
		in.paused = true
		in.feed.client.PauseFetchPartitions(in.partitions())
	}
	in.knock()
}

func (in *inbox) knock() {
	select {
	case in.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (in *inbox) partitions() map[string][]int32 {
	return map[string][]int32{in.lane.topic: {in.lane.partition}}
}

// take gives what waits, into spare memory, and the error that came after it.
func (in *inbox) take(spare []*kgo.Record) ([]*kgo.Record, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	all, err := in.waits, in.err
	in.waits, in.err = spare[:0], nil
	return all, err
}

// done says that a record was handed out and its memory is free.
func (in *inbox) done(r *kgo.Record) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.bytes -= cost(r)
	if in.paused && in.bytes < inboxEmpty {
		in.resume()
	}
}

func (in *inbox) resume() {
	in.paused = false
	in.feed.client.ResumeFetchPartitions(in.partitions())
}

// hold stops fetching for a while after an error that the broker gives at
// once and each time, such as that we are not allowed to read.
func (in *inbox) hold() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.paused {
		in.paused = true
		in.feed.client.PauseFetchPartitions(in.partitions())
	}
}

// release ends what hold began.
func (in *inbox) release() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.paused && in.bytes < inboxEmpty {
		in.resume()
	}
}
