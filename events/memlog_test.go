package events

import (
	"sync"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
)

// memoryLog is a Log for the publisher: records are durable in memory when
// permitted. It can't be read through; tests look at records.
type memoryLog struct {
	partitions int
	began      chan string         // told the topic of every Publish, if set
	permit     chan struct{}       // every Publish waits for one, if set
	fail       func(n int64) error // of the n-th Publish, if set: half of its records are kept all the same

	published atomic.Int64
	mu        sync.Mutex
	records   [2][][][]byte // by kind and partition
}

func newMemoryLog(partitions int) *memoryLog {
	l := &memoryLog{partitions: partitions}
	for i := range l.records {
		l.records[i] = make([][][]byte, partitions)
	}
	return l
}

func (l *memoryLog) Publish(topic string, messages ...*message.Message) error {
	n := l.published.Add(1)
	if l.began != nil {
		l.began <- topic
	}
	if l.permit != nil {
		<-l.permit
	}
	var err error
	if l.fail != nil {
		err = l.fail(n)
	}
	if err != nil {
		messages = messages[:len(messages)/2]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		p := PositionOf(m)
		records := &l.records[p.Kind-1][p.Partition]
		p.Offset = int64(len(*records))
		*records = append(*records, m.Payload)
		SetPosition(m, p, 0)
	}
	return err
}

func (l *memoryLog) Close() error                                      { return nil }
func (l *memoryLog) Subscriber(Position) message.Subscriber            { panic("not for readers") }
func (l *memoryLog) Partitions(Kind) int                               { return l.partitions }
func (l *memoryLog) Bounds(Kind, int32) (first, next int64, err error) { panic("not for readers") }
func (l *memoryLog) Checksum(Position) (uint64, error)                 { panic("not for readers") }
func (l *memoryLog) Lineage() string                                   { return "memory" }
func (l *memoryLog) Retain(Position)                                   {}
func (l *memoryLog) Err() error                                        { return nil }
