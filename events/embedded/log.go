package embedded

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// Log is the engine; it is an events.Log. Its methods may be called from many goroutines.
type Log struct {
	config   Config
	files    files
	readOnly bool
	segments segments
	tail     tail
	queue    queue
	retain   retention
	unlock   func() error
	stopped  chan struct{} // closed when the committer has ended
	subs     sync.WaitGroup

	end struct {
		sync.Mutex
		err    error // why it takes no more appends
		closed bool  // Close was called
		done   chan struct{}
	}
}

var _ events.Log = (*Log)(nil)

// Publish makes messages of events.NewMessage durable and sets their
// positions. A payload has at most RecordBytesMax bytes. Messages of one call
// become durable together, but for calls of more than 8 MiB.
func (l *Log) Publish(topic string, messages ...*message.Message) error {
	if l.readOnly {
		return fmt.Errorf("publishing to %s: %w", topic, ErrReadOnly)
	}
	kind, ok := events.KindOf(topic)
	if !ok || kind.Topic() != topic {
		return fmt.Errorf("publishing to %q: there is no such topic", topic)
	}
	for _, m := range messages {
		if err := l.acceptable(kind, m); err != nil {
			return fmt.Errorf("publishing to %s: %w", topic, err)
		}
	}
	for len(messages) > 0 {
		c, n := newCall(messages)
		if err := l.queue.put(c); err != nil {
			return fmt.Errorf("publishing to %s: %w", topic, err)
		}
		<-c.done
		if c.err != nil {
			return fmt.Errorf("publishing to %s: %w", topic, c.err)
		}
		messages = messages[n:]
	}
	return nil
}

func (l *Log) acceptable(kind events.Kind, m *message.Message) error {
	p := events.PositionOf(m)
	if p.Kind != kind {
		return fmt.Errorf("the message is for topic %s", p.Kind.Topic())
	}
	if _, err := l.files.shape.find(p.Kind, p.Partition); err != nil {
		return err
	}
	if len(m.Payload) > RecordBytesMax {
		return fmt.Errorf("a record of %d bytes for %s/%d, at most %d are allowed", len(m.Payload), p.Kind, p.Partition, RecordBytesMax)
	}
	return nil
}

// Partitions of a kind, 0 of a kind that does not exist.
func (l *Log) Partitions(k events.Kind) int { return l.files.shape.partitions(k) }

// Lineage is 32 hexadecimal digits, drawn when the folder was made.
func (l *Log) Lineage() string { return l.files.lineage }

// Bounds gives the first offset that is kept and the next that will be given.
func (l *Log) Bounds(kind events.Kind, partition int32) (first, next int64, err error) {
	stream, err := l.files.shape.find(kind, partition)
	if err != nil {
		return 0, 0, err
	}
	return l.segments.first(stream), l.tail.end(stream), nil
}

// Checksum reads the record at p and gives its checksum, verified. Errors are
// ErrGone, ErrAhead, ErrDamaged, or those of reading.
func (l *Log) Checksum(p events.Position) (uint64, error) {
	r, err := l.Read(p)
	if err != nil {
		return 0, err
	}
	return r.Checksum, nil
}

// Read gives the one record at p, with Checksum's errors. For many records in a row use Records.
func (l *Log) Read(p events.Position) (Record, error) {
	stream, err := l.begin(p)
	if err != nil {
		return Record{}, err
	}
	if p.Offset == l.tail.end(stream) {
		return Record{}, fmt.Errorf("reading %s: %w", p, ErrAhead)
	}
	c, err := l.open(stream, p.Offset)
	if err != nil {
		return Record{}, fmt.Errorf("reading %s: %w", p, err)
	}
	r, err := c.read()
	if err = errors.Join(err, c.close()); err != nil {
		return Record{}, fmt.Errorf("reading %s: %w", p, err)
	}
	return r, nil
}

// begin says whether a reader may start at p: at a record, or where the next one will be.
func (l *Log) begin(p events.Position) (stream int, err error) {
	stream, err = l.files.shape.find(p.Kind, p.Partition)
	if err != nil {
		return 0, err
	}
	if first := l.segments.first(stream); p.Offset < first {
		return 0, &GoneError{Asked: p, First: first}
	}
	if next := l.tail.end(stream); p.Offset > next {
		return 0, fmt.Errorf("starting at %s where the next offset is %d: %w", p, next, ErrAhead)
	}
	return stream, nil
}

// Retain promises that nothing before from is needed any more. What is not
// from's to say, such as an unknown partition, is ignored.
func (l *Log) Retain(from events.Position) {
	stream, ok := l.files.shape.stream(from.Kind, from.Partition)
	if ok && l.retain.mark(stream, from.Offset) {
		l.queue.wakeForTrim()
	}
}

// Err is the failure after which the log takes no more appends, ErrClosed
// after Close, nil before. A full disk is no failure.
func (l *Log) Err() error {
	l.end.Lock()
	defer l.end.Unlock()
	return l.end.err
}

// fail ends the log with its first failure. Records already durable stay so.
func (l *Log) fail(err error) {
	l.end.Lock()
	first := l.end.err == nil
	if first {
		l.end.err = err
		close(l.end.done)
	}
	l.end.Unlock()
	if !first {
		return
	}
	l.queue.close(err)
	if err == ErrClosed {
		return
	}
	l.config.Logger.Error("the log has failed and takes no more appends", "dir", l.files.dir, "error", err)
	if f := l.config.Observer.Failed; f != nil {
		f(err)
	}
}

// Close waits until what was published is durable, ends all subscriptions and
// gives up the folder. Only its first call returns an error.
func (l *Log) Close() error {
	l.end.Lock()
	again := l.end.closed
	l.end.closed = true
	l.end.Unlock()
	if again {
		return nil
	}
	l.queue.close(ErrClosed)
	<-l.stopped
	l.fail(ErrClosed)
	l.subs.Wait()
	return l.unlock()
}
