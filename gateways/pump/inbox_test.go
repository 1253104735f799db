package pump_test

import (
	"testing"

	"outcry/gateways/pump"
)

// Breaks for users: a client that sent much and went keeps its place, its socket and
// a goroutine of the server for ever.
func TestAReaderThatWaitsForRoomIsLetGoWithItsClient(t *testing.T) {
	h := open(t, pump.Config{})
	p := h.connect(t)
	before := p.Ended()
	p.stall(0)
	p.send(ping(1))
	wait(t, "the stall", h.stalled)
	for i := range pump.InboxFrames {
		p.send(ping(int64(2 + i)))
	}
	let, took := make(chan struct{}), false
	go func() { took = p.Receive(ping(0)); close(let) }()
	p.Drop()
	wait(t, "the end of waiting", let)
	if took {
		t.Error("a frame was taken of a client that is gone")
	}
	wait(t, "the end for who waited for it", before)
	wait(t, "the end for who asks later", p.Ended())
	if p.Receive(ping(0)) {
		t.Error("a frame was taken after that")
	}
}
