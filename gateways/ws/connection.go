package ws

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/gobwas/ws"

	"outcry/gateways/limit"
	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// connection is one client's. What it needs only while it is read is borrowed
// (messages), so that one of which nothing comes costs little more than this.
type connection struct {
	server   *Server
	conn     net.Conn
	raw      syscall.RawConn // of a socket that is written to without waiting; else nil
	client   *pump.Client
	framing  framing
	controls limit.Bucket
	release  func() // gives back its address's place
	// Where it waits for bytes; see lot.
	id    uint64
	place *place // nil: with a goroutine
	armed bool   // was in the set before
	state atomic.Int32
}

// States of a connection. Who takes it out of parked reads it.
const (
	reading     = iota // a goroutine has it
	parked             // nobody has
	interrupted        // it is over: a goroutine has it that finds out
)

// errQuiet is what reading ends with when nothing more is there for now.
var errQuiet = errors.New("nothing is there to be read")

// begin reads what came behind the handshake, and parks where nothing did.
func (c *connection) begin(early []byte) {
	c.server.group.Add(1)
	c.server.lot.enter(c)
	if len(early) > 0 || !c.park() {
		go c.run(early)
	}
}

// run reads until the connection parks, or to its end.
func (c *connection) run(early []byte) {
	for {
		m := borrow(c.conn, early, c.server.config.FrameBytes, c.framing, &c.controls)
		early = nil
		err := c.read(m)
		m.giveBack()
		if !errors.Is(err, errQuiet) {
			c.end(err)
			return
		}
		if c.park() {
			return // it is somebody else's now
		}
	}
}

// park leaves the connection to who wakes it; false: it stays with the caller.
func (c *connection) park() bool {
	if c.place == nil || !c.state.CompareAndSwap(reading, parked) {
		return false
	}
	if c.place.set.arm(c) == nil {
		return true
	}
	return !c.state.CompareAndSwap(parked, reading) // it may have been interrupted since
}

// wake has what came read. One that was woken already, or has ended, needs no second reader.
func (c *connection) wake() {
	if c.state.CompareAndSwap(parked, reading) {
		c.place.crew.read(c)
	}
}

// end says why, where there is something to say, and hangs up. err is nil where
// the client is gone, or has said goodbye.
func (c *connection) end(err error) {
	var broken *violation
	switch {
	case errors.As(err, &broken):
		c.client.Leave(closeFrame(broken.code, broken.text))
	case err != nil:
		c.client.Drop()
	}
	<-c.client.Ended()
	hangUp(c.conn)
	c.server.lot.leave(c)
	c.release()
	c.server.group.Done()
}

// read hands over what the client sends.
func (c *connection) read(m *messages) error {
	for {
		e, err := m.next()
		if err != nil {
			return err
		}
		switch e.opcode {
		case ws.OpPing:
			c.client.Heard()
			c.client.Control(controlFrame(ws.OpPong, e.payload))
		case ws.OpPong:
			c.client.Heard()
		case ws.OpClose:
			return c.farewell(e.payload)
		default:
			if !c.deliver(e.payload) {
				return nil
			}
		}
		if c.place != nil && m.quiet() {
			return errQuiet
		}
	}
}

func (c *connection) deliver(payload []byte) bool {
	f, err := c.framing.encoding.Decode(payload)
	if err != nil {
		return c.client.Refuse(outcryv1.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
	}
	return c.client.Receive(f)
}

// lastCode that a close frame may have; those above are nobody's.
const lastCode = 4999

// farewell answers a close frame with its own code.
func (c *connection) farewell(payload []byte) error {
	if len(payload) == 0 {
		c.client.Leave(controlFrame(ws.OpClose, nil))
		return nil
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if err := ws.CheckCloseFrameData(code, reason); len(payload) == 1 || err != nil || code > lastCode {
		return violated(ws.StatusProtocolError, "close frame: code or reason is not allowed")
	}
	c.client.Leave(closeFrame(code, ""))
	return nil
}
