package events

import (
	"context"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	outcryv1 "outcry/proto/outcry/v1"
)

// Kind says what a record is about. Each kind has one topic.
type Kind uint8

// The kinds. Zero is no kind.
const (
	Instrument Kind = 1
	Room       Kind = 2
)

// Kinds lists all kinds in the order in which everything walks them.
func Kinds() []Kind { return []Kind{Instrument, Room} }

// Topic is the kind's topic in the log.
func (k Kind) Topic() string { return "outcry." + k.String() }

// String gives the kind's name: "instrument" or "room".
func (k Kind) String() string {
	switch k {
	case Instrument:
		return "instrument"
	case Room:
		return "room"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// KindOf finds the kind of a topic or of a kind's name.
func KindOf(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if name == k.Topic() || name == k.String() {
			return k, true
		}
	}
	return 0, false
}

// Position is the place of one input: the record at (Kind, Partition,
// Offset), and in it the input number Index. Offsets are dense per
// (kind, partition) and start at 0.
type Position struct {
	Kind      Kind
	Partition int32
	Offset    int64
	Index     int32
}

// String gives a position as people write it, such as "room/3@17".
func (p Position) String() string {
	return fmt.Sprintf("%s/%d@%d", p.Kind, p.Partition, p.Offset)
}

// Log is the only truth: topics of partitions of records.
//
// Publish is Watermill's: the messages are made by NewMessage, several may
// share a call, and it returns when all of them are durable, with their
// positions set (see PositionOf). On an error none, some or all of them may
// have become durable. Publish may be called from many goroutines.
type Log interface {
	message.Publisher
	// Subscriber reads one partition in order, from exactly the record at
	// from, for ever. Its one topic is from.Kind.Topic(). Records are
	// handed out once they are durable, with no offset left out (what the
	// engine keeps for itself is a record without bytes, which says nothing),
	// and several may be under way before
	// the first Ack; Ack releases a record's memory, Nack ends the
	// subscription. The channel closes when ctx ends or the log fails (see Err).
	Subscriber(from Position) message.Subscriber
	// Partitions of a kind; fixed when the log was created.
	Partitions(Kind) int
	// Bounds gives the first offset that is kept and the next that will be given.
	Bounds(kind Kind, partition int32) (first, next int64, err error)
	// Checksum of the record at a position (XXH3-64 of its payload).
	Checksum(Position) (uint64, error)
	// Lineage names this log; a log that was replaced has another one.
	Lineage() string
	// Retain promises that nothing before from is needed any more in its partition.
	Retain(from Position)
	// Err is closed over the first failure after which the log takes no more appends; nil while it does.
	Err() error
}

type slotKey struct{}

// slot travels with a message; the engine fills it.
type slot struct {
	position Position
	checksum uint64
}

// NewMessage makes a record for one partition. The payload belongs to the
// log from now on.
func NewMessage(kind Kind, partition int32, payload []byte) *message.Message {
	m := message.NewMessage("", payload)
	m.SetContext(context.WithValue(context.Background(), slotKey{}, &slot{position: Position{Kind: kind, Partition: partition, Offset: -1}}))
	return m
}

// PositionOf says where a published or received message stands; Offset is -1
// before it is durable. A message that NewMessage did not make panics: that is a broken invariant.
func PositionOf(m *message.Message) Position { return slotOf(m).position }

// ChecksumOf is the record's checksum, set by the engine together with its position.
func ChecksumOf(m *message.Message) uint64 { return slotOf(m).checksum }

// SetPosition is for engines: it says where the record became durable.
func SetPosition(m *message.Message, p Position, checksum uint64) {
	*slotOf(m) = slot{position: p, checksum: checksum}
}

func slotOf(m *message.Message) *slot {
	s, ok := m.Context().Value(slotKey{}).(*slot)
	if !ok {
		panic("events: message was not made by events.NewMessage")
	}
	return s
}

// Header is what a batch says once about all of its inputs.
type Header struct {
	// Source observed the inputs; Epoch is a run of it in which sequences rise.
	Source, Epoch string
	Mode          outcryv1.Mode
	// IngestTime is the publisher's clock, ns since 1970 UTC.
	IngestTime int64
	// Trace is a W3C trace context or empty.
	Trace string
}

// TickKind tells the rows of a Group apart.
type TickKind uint8

// The kinds of ticks; they are the kinds of runs on the wire.
const (
	QuoteTick TickKind = 0
	TradeTick TickKind = 1
	// EventTick stands for Group.Events[Ref]: a definition, cancel, correction or status.
	EventTick TickKind = 2
)

// Bits of Tick.Absent.
const (
	NoBidPrice = 1 << iota
	NoBidSize
	NoAskPrice
	NoAskSize
)

// Tick is one quote or trade, flat and without pointers, so that slabs of
// ticks cost the garbage collector nothing. Prices and sizes are mantissas,
// times ns since 1970 UTC.
type Tick struct {
	SourceSeq              uint64
	EventTime, ReceiveTime int64 // ReceiveTime 0: not known
	// Price and Size are a trade's, or a quote's bid.
	Price, Size       int64
	AskPrice, AskSize int64 // quotes only
	// TradeID is the venue's id where it is a positive decimal number, else 0.
	TradeID int64
	// Ref is for trades 1 + an index into Group.Refs (ids that are not
	// numbers; 0 none), for EventTick an index into Group.Events.
	Ref uint32
	// Venue and Conditions are 1 + an index into Batch.Dictionary; 0 none.
	Venue, Conditions uint16
	Kind              TickKind
	Side              uint8 // outcryv1.Side
	Absent            uint8 // quotes: NoBidPrice, ...
}

// Group is what one batch holds of one instrument, in order.
type Group struct {
	Instrument string
	Ticks      []Tick
	Refs       []string
	Events     []*outcryv1.TapeEvent
}

// Batch is one record, decoded. A Batch that a Decoder gave is valid until
// its next Decode.
type Batch struct {
	Header
	Dictionary  []string
	Instruments []Group
	Rooms       []*outcryv1.RoomGroup
	// Clock says that nothing happened but time, up to IngestTime.
	Clock bool
}
