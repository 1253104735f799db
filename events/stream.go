package events

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// entitiesMax bounds the entities whose partitions a stream remembers. When
// it has seen more it forgets them all, which costs a map entry each to learn again.
const entitiesMax = 1 << 16

// Stream takes the inputs of one source in order. One goroutine at a time.
//
// Inputs of one entity keep their order across records. What is added is
// appended at the latest by the next Send, or earlier along with something
// else. So send now and then: until then the positions of those records are kept.
type Stream struct {
	publisher *Publisher
	header    Header
	fault     error // of source and epoch

	words   map[string]uint16
	names   []string // by number of the word - 1
	scratch []byte
	refused error // why the last Word has no number

	// The committer and the stream's goroutine share what follows.
	mu       sync.Mutex
	lanes    [2]lane  // by kind
	drafts   []*draft // not yet taken, in the order in which they were opened
	serial   uint64   // of the newest draft
	enlisted bool
	ticket   *ticket   // of the inputs since the last Send
	tickets  []*ticket // of Sends, oldest first
}

// lane is one kind's part of a stream.
type lane struct {
	entities map[string]*entity
	open     []*draft // by partition
}

// entity is what a stream knows of an instrument or room. With the serial of
// the draft that its group is in, it saves a second look-up per input.
type entity struct {
	id        string
	partition int32
	group     uint32
	serial    uint64
}

// Tick adds a quote or trade. Its Venue and Conditions are words of this
// stream (see Word), its Ref is 0; ref is the trade id where it is not numeric.
// It blocks while the publisher's memory is full. t is copied.
// On an error the tick was not added.
func (s *Stream) Tick(ctx context.Context, instrument string, t *Tick, ref string) error {
	if err := s.check(t, ref); err != nil {
		return fmt.Errorf("adding a tick of %s: %w", instrument, err)
	}
	return s.add(ctx, Instrument, instrument, &input{tick: t, ref: ref})
}

func (s *Stream) check(t *Tick, ref string) error {
	if err := s.refused; err != nil {
		s.refused = nil
		return err
	}
	switch {
	case t.Kind > TradeTick || t.Ref != 0:
		return fmt.Errorf("kind %d, ref %d: only quotes and trades without a ref can be added", t.Kind, t.Ref)
	case int(max(t.Venue, t.Conditions)) > len(s.words):
		return fmt.Errorf("venue %d or conditions %d is no word of the stream, which has %d", t.Venue, t.Conditions, len(s.words))
	case t.Absent > absentAll:
		return fmt.Errorf("absent has unknown bits: %#x", t.Absent)
	case ref == "" && t.TradeID == 0:
		return nil
	case t.Kind != TradeTick:
		return errors.New("a quote has no trade id")
	case t.TradeID < 0 || ref != "" && t.TradeID != 0:
		return fmt.Errorf("trade id %d with ref %q: one of a positive number and a text is allowed", t.TradeID, ref)
	case !utf8.ValidString(ref):
		return fmt.Errorf("the trade id %q is not valid UTF-8", ref)
	}
	return nil
}

// Word gives the number that stands for a venue or for conditions; "" is 0. A
// stream has at most 65,535 words of at most 257 bytes of UTF-8. One that
// can't be numbered is 0 as well, and the next Tick is refused with the reason.
func (s *Stream) Word(w string) uint16 {
	if w == "" {
		return 0
	}
	if n, ok := s.words[w]; ok {
		return n
	}
	if len(s.words) == math.MaxUint16 {
		s.refused = fmt.Errorf("the stream has %d words, there is no room for %q", len(s.words), w[:min(len(w), maxID)])
		return 0
	}
	if len(w) > maxID || !utf8.ValidString(w) {
		s.refused = fmt.Errorf("the word %q is not UTF-8 of at most %d bytes", w[:min(len(w), maxID)], maxID)
		return 0
	}
	if s.words == nil {
		s.words = make(map[string]uint16)
	}
	n := uint16(len(s.words) + 1)
	w = strings.Clone(w) // may be a piece of something large
	s.words[w], s.names = n, append(s.names, w)
	return n
}

// Event adds a definition, cancel, correction or status. It blocks as Tick
// does. ev is encoded before Event returns and not kept.
func (s *Stream) Event(ctx context.Context, instrument string, ev *outcryv1.TapeEvent) error {
	return s.message(ctx, Instrument, instrument, ev)
}

// Room adds an input of a room. It blocks as Tick does. in is encoded before
// Room returns and not kept.
func (s *Stream) Room(ctx context.Context, room string, in *outcryv1.RoomInput) error {
	return s.message(ctx, Room, room, in)
}

func (s *Stream) message(ctx context.Context, kind Kind, id string, m proto.Message) (err error) {
	s.scratch, err = proto.MarshalOptions{}.MarshalAppend(s.scratch[:0], m)
	if err != nil {
		return fmt.Errorf("encoding an input of %s %s: %w", kind, id, err)
	}
	return s.add(ctx, kind, id, &input{raw: s.scratch})
}

// add puts an input into its batch and waits for memory where there is none.
func (s *Stream) add(ctx context.Context, kind Kind, id string, in *input) error {
	p := s.publisher
	for freed := (<-chan struct{})(nil); ; freed = p.memory.wait() {
		ok, err := s.try(kind, id, in)
		if err != nil {
			return fmt.Errorf("adding an input of %s %q: %w", kind, id[:min(len(id), maxID)], err)
		}
		if ok {
			return nil
		}
		if freed == nil {
			continue // once more, now that we shall be told
		}
		p.want()
		select {
		case <-freed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for memory to add an input of %s %s: %w", kind, id, ctx.Err())
		case <-p.closing:
			return ErrClosed
		}
	}
}

// try puts an input into its batch. Without error or success the memory is full.
func (s *Stream) try(kind Kind, id string, in *input) (ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.lanes[kind-1]
	e := l.entities[id]
	if e == nil {
		if e, err = s.meet(l, id); err != nil {
			return false, err
		}
	}
	p := s.publisher
	d := l.open[e.partition]
	bytes := s.cost(d, e, in)
	if d != nil && d.bytes+bytes > p.config.RecordBytes {
		l.open[e.partition], d = nil, nil
		p.want()
		bytes = s.cost(d, e, in)
	}
	if bytes > p.config.RecordBytes {
		return false, fmt.Errorf("%w: it counts %d bytes, a record %d", ErrTooLarge, bytes, p.config.RecordBytes)
	}
	if !p.memory.try(bytes) {
		return false, nil
	}
	if !s.enlisted {
		if err := p.enlist(s); err != nil {
			p.memory.give(bytes)
			return false, err
		}
		s.enlisted = true
	}
	if d == nil {
		d = s.open(l, kind, e.partition)
	}
	s.hold(d)
	d.bytes += bytes
	d.add(e, in)
	return true, nil
}

// meet makes the entity of an id that the stream has not seen.
func (s *Stream) meet(l *lane, id string) (*entity, error) {
	if s.fault != nil {
		return nil, s.fault
	}
	if err := ValidID(id); err != nil {
		return nil, err
	}
	if len(l.entities) >= entitiesMax {
		clear(l.entities) // a group that is open gets a second part after it
	}
	id = strings.Clone(id) // may be a piece of something large
	e := &entity{id: id, partition: PartitionOf(id, len(l.open))}
	l.entities[id] = e
	return e, nil
}

func (s *Stream) open(l *lane, kind Kind, partition int32) *draft {
	s.serial++
	d := drafts.Get().(*draft)
	d.stream, d.kind, d.partition, d.serial = s, kind, partition, s.serial
	l.open[partition] = d
	s.drafts = append(s.drafts, d)
	return d
}
