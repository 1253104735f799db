package gatewaytest

import (
	"encoding/binary"
	"fmt"
	"time"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Define makes an instrument known.
func (f *Floor) Define(id string) { f.DefineAt(id, time.Now()) }

// DefineAt is Define by a log whose time is ingest.
func (f *Floor) DefineAt(id string, ingest time.Time) {
	f.event(id, ingest, &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{
		PriceExponent: -2, SizeExponent: -3, TickSize: 1, Currency: "USD", Calendar: "24x7", Description: "for tests"}}})
}

// Status changes whether an instrument is traded.
func (f *Floor) Status(id string, state outcryv1.TradingState) {
	f.event(id, time.Now(), &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{State: state, Reason: "test"}}})
}

func (f *Floor) event(id string, ingest time.Time, e *outcryv1.TapeEvent) {
	e.EventTimeNs = ingest.UnixNano()
	f.fold(id, ingest, outcryv1.Mode_MODE_LIVE, events.Group{Events: []*outcryv1.TapeEvent{e},
		Ticks: []events.Tick{{Kind: events.EventTick, EventTime: e.EventTimeNs}}})
}

// Quote puts a price on both sides.
func (f *Floor) Quote(id string, bid, ask int64) {
	now := time.Now()
	f.fold(id, now, outcryv1.Mode_MODE_LIVE, events.Group{Ticks: []events.Tick{{Kind: events.QuoteTick, EventTime: now.UnixNano(),
		Price: bid, Size: 1000, AskPrice: ask, AskSize: 2000}}})
}

// Trade prints one at so many seconds of the test's day: a trade of a later
// second closes the bar of the one before.
func (f *Floor) Trade(id string, price, second int64) {
	f.Prints(id, events.Tick{EventTime: (day + second) * int64(time.Second), Price: price, Size: 1000, Side: uint8(outcryv1.Side_SIDE_BUY)})
}

// Prints is some trades in one record; their Kind is set here.
func (f *Floor) Prints(id string, trades ...events.Tick) {
	for i := range trades {
		trades[i].Kind = events.TradeTick
	}
	f.fold(id, time.Now(), outcryv1.Mode_MODE_IMPORT, events.Group{Ticks: trades})
}

// day is a UTC midnight, seconds since 1970.
const day = 1_700_006_400

// Join makes somebody a member of a room, and the room exist.
func (f *Floor) Join(room, user string) (seq uint64) {
	return f.must(user, &outcryv1.Command{Room: room, Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
}

// Leave ends that, and gives its seq.
func (f *Floor) Leave(room, user string) (seq uint64) {
	return f.must(user, &outcryv1.Command{Room: room, Command: &outcryv1.Command_Leave{Leave: &outcryv1.Leave{}}})
}

// Post says something in a room.
func (f *Floor) Post(room, user, text string) (seq uint64) {
	return f.must(user, &outcryv1.Command{Room: room, Command: PostOf(text)})
}

// PostOf is the part of a command that posts a text.
func PostOf(text string) *outcryv1.Command_Post {
	return &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text), Characters: uint32(len([]rune(text)))}}}
}

func (f *Floor) must(user string, c *outcryv1.Command) (seq uint64) {
	f.mu.Lock()
	f.moves++
	n := f.moves
	f.mu.Unlock()
	c.ClientMsgId = NewID(n)
	f.Commands(user).Submit(c, func(a *outcryv1.Answer) {
		if a.GetError() != nil {
			panic(fmt.Sprintf("gatewaytest: %s in %s was refused: %v", user, c.Room, a))
		}
		seq = a.GetSeq()
	})
	return seq
}

// NewID is a client message id (UUIDv7) of now that n makes distinct.
func NewID(n int) []byte {
	id := make([]byte, 16)
	binary.BigEndian.PutUint64(id, uint64(time.Now().UnixMilli())<<16)
	id[6], id[8] = 0x70, 0x80
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}
