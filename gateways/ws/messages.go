package ws

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"outcry/gateways/fault"
	"outcry/gateways/limit"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	readBuffer = 512
	// keptMessage bounds the buffer that is kept between messages: many clients subscribe
	// with one that is long and say nothing more.
	keptMessage = 1 << 10
	// fragmentsMost of one message: each costs as much as a message, and may be empty.
	fragmentsMost = 1024
	// controlsPerSecond of a client: pings, pongs. Libraries send one in some seconds.
	controlsPerSecond = 10
)

// tooFast is the close code of RATE_LIMITED.
var tooFast = ws.StatusCode(fault.CloseCode(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED))

// violation is what a connection is closed for, and with which code.
type violation struct {
	code ws.StatusCode
	text string
}

func (v *violation) Error() string { return fmt.Sprintf("close %d: %s", v.code, v.text) }

func violated(code ws.StatusCode, format string, args ...any) error {
	return &violation{code, fmt.Sprintf(format, args...)}
}

// messages cuts a client's messages out of its bytes, joining fragments.
type messages struct {
	r        *bufio.Reader
	limit    int
	opcode   ws.OpCode
	text     bool
	open     bool // a fragmented message is under way
	pieces   int  // of it
	controls limit.Bucket
	buf      []byte
	head     [ws.MaxHeaderSize]byte
}

func newMessages(r io.Reader, most int, e wire.Encoding) *messages {
	m := &messages{r: bufio.NewReaderSize(r, readBuffer), limit: most, opcode: ws.OpBinary, controls: limit.NewBucket(controlsPerSecond)}
	if e == wire.JSON {
		m.opcode, m.text = ws.OpText, true
	}
	return m
}

// event is a message or a control frame. Its payload is valid until the next.
type event struct {
	opcode  ws.OpCode // OpText or OpBinary for a message
	payload []byte
}

// next gives the next message or control frame. Control frames may come
// between the fragments of a message. A *violation closes the connection; any
// other error is the connection's.
func (m *messages) next() (event, error) {
	if !m.open && cap(m.buf) > keptMessage {
		m.buf = nil
	}
	for {
		h, err := ws.ReadHeaderBuffer(m.r, m.head[:])
		if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
			return event{}, violated(ws.StatusProtocolError, "%v", err)
		}
		if err != nil {
			return event{}, err
		}
		if err := ws.CheckHeader(h, m.state()); err != nil {
			return event{}, violated(ws.StatusProtocolError, "%v", err)
		}
		if h.OpCode.IsControl() {
			if m.controls.Take(time.Now(), 1) > 0 {
				return event{}, violated(tooFast, "too many control frames")
			}
			payload := make([]byte, h.Length)
			return event{h.OpCode, payload}, m.payload(payload, h)
		}
		done, err := m.fragment(h)
		if err != nil || done {
			return event{m.opcode, m.buf}, err
		}
	}
}

func (m *messages) state() ws.State {
	if m.open {
		return ws.StateServerSide | ws.StateFragmented
	}
	return ws.StateServerSide
}

// fragment adds one data frame to the message under way; done says that it is whole.
func (m *messages) fragment(h ws.Header) (done bool, err error) {
	if !m.open {
		if h.OpCode != m.opcode {
			return false, violated(ws.StatusUnsupportedData, "this subprotocol has messages of the other type")
		}
		m.buf, m.pieces = m.buf[:0], 0
	}
	if h.Length > int64(m.limit-len(m.buf)) {
		return false, violated(ws.StatusMessageTooBig, "a message has at most %d bytes", m.limit)
	}
	if m.pieces++; m.pieces > fragmentsMost {
		return false, violated(ws.StatusMessageTooBig, "a message has at most %d fragments", fragmentsMost)
	}
	at := len(m.buf)
	m.buf = append(m.buf, make([]byte, h.Length)...)
	if err := m.payload(m.buf[at:], h); err != nil {
		return false, err
	}
	m.open = !h.Fin
	if h.Fin && m.text && !utf8.Valid(m.buf) {
		return false, violated(ws.StatusInvalidFramePayloadData, "a text message is not UTF-8")
	}
	return h.Fin, nil
}

func (m *messages) payload(p []byte, h ws.Header) error {
	if _, err := io.ReadFull(m.r, p); err != nil {
		return err
	}
	ws.Cipher(p, h.Mask, 0)
	return nil
}
