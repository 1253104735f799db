package embedded

import (
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// call is what one Publish waits for.
type call struct {
	messages []*message.Message
	bytes    int64
	err      error // to be read after done
	done     chan struct{}
}

// newCall takes the first messages, as many as fit a group, at least one.
func newCall(messages []*message.Message) (c *call, taken int) {
	c = &call{done: make(chan struct{})}
	for _, m := range messages {
		size := recordHeader + int64(len(m.Payload))
		if taken > 0 && c.bytes+size > groupBytes {
			break
		}
		c.bytes += size
		taken++
	}
	c.messages = messages[:taken]
	return c, taken
}

func (c *call) answer(err error) {
	c.err = err
	close(c.done)
}

// queue is where calls gather while the committer makes a group durable. It
// is bounded in bytes: when it is full, put waits.
type queue struct {
	limit int64

	mu    sync.Mutex
	work  sync.Cond // the committer waits for calls
	room  sync.Cond // publishers wait for room
	calls []*call
	bytes int64
	trim  bool
	err   error // why it takes no more
}

func (q *queue) init(limit int64) {
	q.limit = limit
	q.work.L, q.room.L = &q.mu, &q.mu
}

func (q *queue) put(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.err == nil && q.bytes > 0 && q.bytes+c.bytes > q.limit {
		q.room.Wait()
	}
	if q.err != nil {
		return fmt.Errorf("the log takes no more appends: %w", q.err)
	}
	q.calls = append(q.calls, c)
	q.bytes += c.bytes
	q.work.Signal()
	return nil
}

// take waits for calls and gives those of one group, appended to dst. more is
// false when the queue was closed and is empty.
func (q *queue) take(dst []*call) (calls []*call, trim, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) == 0 && !q.trim && q.err == nil {
		q.work.Wait()
	}
	n, size := 0, int64(0)
	for _, c := range q.calls {
		if n > 0 && size+c.bytes > groupBytes {
			break
		}
		size += c.bytes
		n++
	}
	dst = append(dst, q.calls[:n]...)
	rest := copy(q.calls, q.calls[n:])
	clear(q.calls[rest:])
	q.calls = q.calls[:rest]
	q.bytes -= size
	q.room.Broadcast()
	trim, q.trim = q.trim, false
	return dst, trim, n > 0 || trim || q.err == nil
}

// wakeForTrim has the committer look at the retention.
func (q *queue) wakeForTrim() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.trim = true
	q.work.Signal()
}

// close lets nothing more in; what is there is still taken.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.work.Signal()
	q.room.Broadcast()
}
