package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	outcryv1 "outcry/proto/outcry/v1"
)

// What a Publisher refuses.
var (
	ErrClosed   = errors.New("the publisher is closed")
	ErrTooLarge = errors.New("the input is larger than a record")
	// ErrBusy: more callers wait for a clock record of a partition than can be kept.
	ErrBusy = errors.New("too many callers wait for a clock record")
)

// PublisherConfig bounds a Publisher. The zero value works.
type PublisherConfig struct {
	// MemoryBytes is the bound of what is gathered and not yet durable;
	// default 64 MiB, at least RecordBytes. When it is reached, callers wait.
	// A tick counts as 104 bytes: what it takes in memory, and more than it can
	// take in a record.
	MemoryBytes int
	// RecordBytes closes a batch that has grown so large, counted in the same
	// way, so that no record is larger; default 1 MiB. An input that would not
	// fit into a record of its own is refused.
	RecordBytes int
	// GroupEvery is the least time from the begin of one group to that of the next;
	// default 0. Under load it makes records fewer and larger, because a record
	// costs as much as fifty events; an input that comes after a pause is not delayed by it.
	GroupEvery time.Duration
	// Now is the clock for ingest times, ns; default the wall clock. Ingest times never go back.
	Now func() int64
	// Observer is told what became of records.
	Observer Observer
}

// Observer is told what became of the records of one kind that were appended
// together: how many, how many inputs and payload bytes they held, how long
// the log took. Its funcs may be nil; they are called by the one goroutine
// that appends, so they must not block.
type Observer struct {
	Appended func(kind Kind, records, inputs, bytes int, took time.Duration)
	Failed   func(kind Kind, records, inputs int, err error)
}

// clockCallersMax bounds the callers that wait for one clock record.
const clockCallersMax = 1024

// Publisher gathers inputs into batches, one record a partition and source,
// and appends them to a log. While one group of records is being made
// durable the next gathers, so batches adjust themselves to the load.
//
// A group is appended when a Send, a Clock, a batch that is full or a caller
// that waits for memory asks for it, and takes everything that is gathered by
// then, sent or not. A failed group is told to those who sent it; the groups
// after it are tried all the same.
type Publisher struct {
	log    Log
	config PublisherConfig
	memory memory

	wake    chan struct{} // holds one: a group is wanted
	closing chan struct{}
	ended   chan struct{}

	mu       sync.Mutex
	closed   bool
	gathered []*Stream // that have something to append or to settle
	clocks   []clock

	committer committer
}

// clock is a clock record that is wanted, and by whom: at most one for a partition.
type clock struct {
	kind      Kind
	partition int32
	dones     []func(Position, error)
}

// NewPublisher starts a publisher, which has one goroutine until Close. The
// log must outlive it.
func NewPublisher(log Log, c PublisherConfig) *Publisher {
	if c.RecordBytes <= 0 {
		c.RecordBytes = 1 << 20
	}
	if c.MemoryBytes <= 0 {
		c.MemoryBytes = 64 << 20
	}
	c.MemoryBytes = max(c.MemoryBytes, c.RecordBytes)
	if c.Now == nil {
		c.Now = func() int64 { return time.Now().UnixNano() }
	}
	p := &Publisher{log: log, config: c, memory: memory{limit: int64(c.MemoryBytes)},
		wake: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{})}
	go p.run()
	return p
}

// Open starts a stream of inputs of one source. mode and epoch stand in every
// batch. A stream needs no closing; one that is not used any more costs nothing.
func (p *Publisher) Open(source, epoch string, mode outcryv1.Mode) *Stream {
	s := &Stream{publisher: p, header: Header{Source: source, Epoch: epoch, Mode: mode}}
	if !utf8.ValidString(source) || !utf8.ValidString(epoch) {
		s.fault = fmt.Errorf("the stream's source %q or epoch %q is not valid UTF-8", source, epoch)
	}
	for i, k := range Kinds() {
		s.lanes[i].open = make([]*draft, p.log.Partitions(k))
		s.lanes[i].entities = make(map[string]*entity)
	}
	return s
}

// Partitions of a kind, of the log that is written to.
func (p *Publisher) Partitions(k Kind) int { return p.log.Partitions(k) }

// Clock appends a clock record to a partition, without waiting. Requests that
// meet share a record. done is called once and must not block: from another
// goroutine, or before Clock returns where the request is refused (ErrClosed,
// ErrBusy, no such partition).
func (p *Publisher) Clock(kind Kind, partition int32, done func(Position, error)) {
	if err := p.wantClock(kind, partition, done); err != nil {
		done(Position{}, fmt.Errorf("appending a clock record to %s/%d: %w", kind, partition, err))
		return
	}
	p.want()
}

func (p *Publisher) wantClock(kind Kind, partition int32, done func(Position, error)) error {
	if kind != Instrument && kind != Room || partition < 0 || int(partition) >= p.log.Partitions(kind) {
		return errors.New("there is no such partition")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	for i := range p.clocks {
		c := &p.clocks[i]
		if c.kind != kind || c.partition != partition {
			continue
		}
		if len(c.dones) == clockCallersMax {
			return ErrBusy
		}
		c.dones = append(c.dones, done)
		return nil
	}
	p.clocks = append(p.clocks, clock{kind: kind, partition: partition, dones: []func(Position, error){done}})
	return nil
}

// want asks for a group.
func (p *Publisher) want() {
	select {
	case p.wake <- struct{}{}:
	default: // one is asked for already, and will take ours too
	}
}

// enlist makes the next group look at the stream.
func (p *Publisher) enlist(s *Stream) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	p.gathered = append(p.gathered, s)
	return nil
}

// Close sends what is gathered, waits for it and refuses everything after.
// Every done has been called when it returns nil. When ctx ends first, Close
// gives up waiting, not sending; it may be called again.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.closing)
	}
	p.mu.Unlock()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the last records to be durable: %w", ctx.Err())
	}
}
