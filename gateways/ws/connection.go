package ws

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"

	"github.com/gobwas/ws"

	"outcry/gateways/pump"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// connection reads one client.
type connection struct {
	conn     net.Conn
	client   *pump.Client
	encoding wire.Encoding
	messages *messages
}

// run reads until the connection ends, and hangs up.
func (c *connection) run() {
	var broken *violation
	switch err := c.read(); {
	case errors.As(err, &broken):
		c.client.Leave(closeFrame(broken.code, broken.text))
	case err != nil:
		c.client.Drop()
	}
	<-c.client.Ended()
	hangUp(c.conn)
}

// read hands over what the client sends. Nil: the client is gone, or has said goodbye.
func (c *connection) read() error {
	for {
		e, err := c.messages.next()
		if err != nil {
			return err
		}
		switch e.opcode {
		case ws.OpPing:
			c.client.Control(controlFrame(ws.OpPong, e.payload))
		case ws.OpPong:
		case ws.OpClose:
			return c.farewell(e.payload)
		default:
			if !c.deliver(e.payload) {
				return nil
			}
		}
	}
}

func (c *connection) deliver(payload []byte) bool {
	f, err := c.encoding.Decode(payload)
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

// after reads what was buffered and then the connection.
func after(early *bufio.Reader, conn net.Conn) io.Reader {
	n := early.Buffered()
	if n == 0 {
		return conn
	}
	p, err := early.Peek(n)
	if err != nil {
		panic("ws: buffered bytes are gone: " + err.Error())
	}
	return io.MultiReader(bytes.NewReader(bytes.Clone(p)), conn)
}
