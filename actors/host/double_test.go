package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
)

// memoryLog is a Log whose records are durable at once.
type memoryLog struct {
	partitions map[events.Kind]int
	mu         struct {
		sync.Mutex
		records map[place][][]byte
		first   map[place]int64 // what Retain let go
		lineage string
		changed chan struct{} // closed at the next append
		handed  int           // records given to subscribers
	}
}

type place struct {
	kind      events.Kind
	partition int32
}

func newMemoryLog(instruments, rooms int) *memoryLog {
	l := &memoryLog{partitions: map[events.Kind]int{events.Instrument: instruments, events.Room: rooms}}
	l.mu.records, l.mu.first = map[place][][]byte{}, map[place]int64{}
	l.mu.lineage, l.mu.changed = "first", make(chan struct{})
	return l
}

func (l *memoryLog) Partitions(k events.Kind) int { return l.partitions[k] }
func (l *memoryLog) Err() error                   { return nil }
func (l *memoryLog) Close() error                 { return nil }

func (l *memoryLog) Lineage() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.lineage
}

func (l *memoryLog) Publish(_ string, messages ...*message.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		p := events.PositionOf(m)
		at := place{p.Kind, p.Partition}
		p.Offset = int64(len(l.mu.records[at]))
		l.mu.records[at] = append(l.mu.records[at], m.Payload)
		events.SetPosition(m, p, digest.Checksum(m.Payload))
	}
	close(l.mu.changed)
	l.mu.changed = make(chan struct{})
	return nil
}

func (l *memoryLog) Bounds(k events.Kind, partition int32) (first, next int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := place{k, partition}
	return l.mu.first[at], int64(len(l.mu.records[at])), nil
}

func (l *memoryLog) Checksum(p events.Position) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.mu.records[place{p.Kind, p.Partition}]
	if p.Offset < 0 || p.Offset >= int64(len(all)) {
		return 0, fmt.Errorf("no record at %s", p)
	}
	return digest.Checksum(all[p.Offset]), nil
}

func (l *memoryLog) Retain(from events.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := place{from.Kind, from.Partition}
	l.mu.first[at] = max(l.mu.first[at], from.Offset)
}

// retained is what Retain let go so far.
func (l *memoryLog) retained() map[place]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.mu.first)
}

func (l *memoryLog) setRetained(first map[place]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.first = maps.Clone(first)
}

// keep cuts the log after its first n records.
func (l *memoryLog) keep(at place, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.records[at] = l.mu.records[at][:n]
}

func (l *memoryLog) handed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.handed
}

func (l *memoryLog) Subscriber(from events.Position) message.Subscriber {
	return &memorySubscriber{log: l, from: from}
}

type memorySubscriber struct {
	log  *memoryLog
	from events.Position
}

func (s *memorySubscriber) Close() error { return nil }

func (s *memorySubscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if topic != s.from.Kind.Topic() {
		return nil, fmt.Errorf("topic %q is not that of %s", topic, s.from)
	}
	if first, _, _ := s.log.Bounds(s.from.Kind, s.from.Partition); s.from.Offset < first {
		return nil, fmt.Errorf("%s is not kept any more", s.from)
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for p := s.from; ; p.Offset++ {
			m := s.log.wait(ctx, p)
			if m == nil {
				return
			}
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// wait gives the record at p once it is there, nil when ctx ends first.
func (l *memoryLog) wait(ctx context.Context, p events.Position) *message.Message {
	for {
		l.mu.Lock()
		all, changed := l.mu.records[place{p.Kind, p.Partition}], l.mu.changed
		if p.Offset < int64(len(all)) {
			l.mu.handed++
			l.mu.Unlock()
			m := events.NewMessage(p.Kind, p.Partition, slices.Clone(all[p.Offset]))
			events.SetPosition(m, p, digest.Checksum(all[p.Offset]))
			return m
		}
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// memoryStore is a RowWriter and its Checkpoints in one, stored at once.
type memoryStore struct {
	mu struct {
		sync.Mutex
		rows        projections.Rows
		parts       map[projections.PartKey][]byte
		checkpoints []projections.Checkpoint
		refuse      error
	}
}

func newMemoryStore() *memoryStore {
	s := &memoryStore{}
	s.mu.parts = map[projections.PartKey][]byte{}
	return s
}

func (s *memoryStore) Add(_ context.Context, r *projections.Rows, stored func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.refuse != nil {
		return s.mu.refuse
	}
	all := &s.mu.rows
	all.Latest = append(all.Latest, r.Latest...)
	all.Bars = append(all.Bars, r.Bars...)
	all.Dirty = append(all.Dirty, r.Dirty...)
	all.Blocks = append(all.Blocks, r.Blocks...)
	all.Messages = append(all.Messages, r.Messages...)
	all.Members = append(all.Members, r.Members...)
	all.Rooms = append(all.Rooms, r.Rooms...)
	for _, p := range r.Parts {
		if _, there := s.mu.parts[p.Key]; there {
			return fmt.Errorf("part %v is written twice", p.Key)
		}
		s.mu.parts[p.Key] = p.Data
	}
	for _, c := range r.Checkpoints {
		for _, key := range c.Parts {
			if s.mu.parts[key] == nil {
				return fmt.Errorf("checkpoint %d names part %v, which is not stored", c.Offset, key)
			}
		}
		s.mu.checkpoints = append(s.mu.checkpoints, c)
	}
	if stored != nil {
		stored()
	}
	return nil
}

// Offer always has room.
func (s *memoryStore) Offer(r *projections.Rows) (taken bool, err error) {
	err = s.Add(context.Background(), r, nil)
	return err == nil, err
}

// AwaitRoom need not wait.
func (s *memoryStore) AwaitRoom(context.Context) error { return nil }

func (s *memoryStore) Checkpoints(_ context.Context, kind events.Kind, partition int32) ([]projections.Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []projections.Checkpoint
	for _, c := range slices.Backward(s.mu.checkpoints) {
		if c.Kind == kind && c.Partition == partition {
			all = append(all, c)
		}
	}
	return all, nil
}

var errNoPart = errors.New("no such part")

func (s *memoryStore) Part(_ context.Context, key projections.PartKey) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.mu.parts[key]
	if !ok {
		return nil, errNoPart
	}
	return data, nil
}

func (s *memoryStore) Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error {
	all, err := s.Checkpoints(ctx, kind, partition)
	if err != nil || len(all) <= keep {
		return err
	}
	oldest := all[keep-1].Offset
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.checkpoints = slices.DeleteFunc(s.mu.checkpoints, func(c projections.Checkpoint) bool {
		return c.Kind == kind && c.Partition == partition && c.Offset < oldest
	})
	named := map[projections.PartKey]bool{}
	for _, c := range s.mu.checkpoints {
		for _, key := range c.Parts {
			named[key] = true
		}
	}
	maps.DeleteFunc(s.mu.parts, func(k projections.PartKey, _ []byte) bool {
		return k.Kind == kind && k.Partition == partition && k.Offset < oldest && !named[k]
	})
	return nil
}

// clone is the store as a process that is killed now would leave it.
func (s *memoryStore) clone() *memoryStore {
	s.mu.Lock()
	defer s.mu.Unlock()
	other := newMemoryStore()
	other.mu.parts = maps.Clone(s.mu.parts)
	other.mu.checkpoints = slices.Clone(s.mu.checkpoints)
	return other
}

// rows gives what was stored so far.
func (s *memoryStore) rows() projections.Rows {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.rows
}

// damage flips a bit of a stored part.
func (s *memoryStore) damage(key projections.PartKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := slices.Clone(s.mu.parts[key])
	data[len(data)/2] ^= 1
	s.mu.parts[key] = data
}

// silentClocks never append: the times of most tests are not the wall clock's.
type silentClocks struct{}

func (silentClocks) Clock(events.Kind, int32, func(events.Position, error)) {}

// logClocks appends clock records with the present time to a memoryLog.
type logClocks struct{ log *memoryLog }

func (c logClocks) Clock(kind events.Kind, partition int32, done func(events.Position, error)) {
	b := events.Batch{Header: events.Header{IngestTime: time.Now().UnixNano()}, Clock: true}
	m := events.NewMessage(kind, partition, events.AppendBatch(nil, &b))
	err := c.log.Publish(kind.Topic(), m)
	done(events.PositionOf(m), err)
}

// slowParts holds back what belongs to checkpoints.
type slowParts struct {
	*memoryStore
	gate chan struct{}
}

func (s *slowParts) Add(ctx context.Context, r *projections.Rows, stored func()) error {
	if len(r.Parts) > 0 {
		<-s.gate
	}
	return s.memoryStore.Add(ctx, r, stored)
}
