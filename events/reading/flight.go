package reading

import "github.com/ThreeDotsLabs/watermill/message"

// What a subscription may have under way that is not acknowledged.
const (
	flightRecords = 1024
	flightBytes   = 4 << 20
)

// flight holds the records that were handed out and are not acknowledged, in
// order. It is a ring that never grows.
type flight struct {
	ring  [flightRecords]inFlight
	first int
	count int
	bytes int
}

type inFlight struct {
	message *message.Message
	bytes   int
}

// full says whether there is no room for a record of n bytes. One record always has room.
func (f *flight) full(n int) bool {
	return f.count == flightRecords || f.count > 0 && f.bytes+n > flightBytes
}

// acked is closed when the oldest record is acknowledged; nil where there is none.
func (f *flight) acked() <-chan struct{} {
	if f.count == 0 {
		return nil
	}
	return f.ring[f.first].message.Acked()
}

// nacked is closed when the oldest record is refused; nil where there is none.
func (f *flight) nacked() <-chan struct{} {
	if f.count == 0 {
		return nil
	}
	return f.ring[f.first].message.Nacked()
}

func (f *flight) push(m *message.Message) {
	f.ring[(f.first+f.count)%flightRecords] = inFlight{m, len(m.Payload)}
	f.count++
	f.bytes += len(m.Payload)
}

func (f *flight) pop() {
	f.bytes -= f.ring[f.first].bytes
	f.ring[f.first] = inFlight{}
	f.first = (f.first + 1) % flightRecords
	f.count--
}
