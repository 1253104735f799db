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

// messages cuts a client's messages out of its bytes, joining fragments. It is
// borrowed for as long as there is something to read, and keeps nothing of a client then.
type messages struct {
	r        *bufio.Reader
	from     source
	limit    int
	opcode   ws.OpCode
	text     bool
	open     bool // a fragmented message is under way
	pieces   int  // of it
	controls *limit.Bucket
	buf      []byte
	head     [ws.MaxHeaderSize]byte
	// With permessage-deflate:
	deflate bool
	folded  bool   // the message under way is compressed
	plain   []byte // what the last one unfolded to
}

// quiet says that nothing of what was read is left, and no message is under way.
func (m *messages) quiet() bool {
	return !m.open && m.r.Buffered() == 0 && len(m.from.early) == 0
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
	if !m.open {
		m.buf, m.plain = kept(m.buf), kept(m.plain)
	}
	for {
		h, err := ws.ReadHeaderBuffer(m.r, m.head[:])
		if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
			return event{}, violated(ws.StatusProtocolError, "%v", err)
		}
		if err != nil {
			return event{}, err
		}
		if err := m.check(h); err != nil {
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
		if err != nil {
			return event{}, err
		}
		if done {
			return m.whole()
		}
	}
}

// check demands what the protocol does of a frame that comes now.
func (m *messages) check(h ws.Header) error {
	state := ws.StateServerSide
	if m.open {
		state |= ws.StateFragmented
	}
	if m.deflate && !m.open && !h.OpCode.IsControl() {
		m.folded = h.Rsv1()
		h.Rsv &^= ws.Rsv(true, false, false)
	}
	return ws.CheckHeader(h, state)
}

// whole gives the message that is complete.
func (m *messages) whole() (event, error) {
	message := m.buf
	if m.folded {
		var err error
		m.plain, err = inflate(m.plain[:0], m.buf, m.limit)
		switch {
		case errors.Is(err, errTooLong):
			return event{}, tooLong(m.limit)
		case err != nil:
			return event{}, violated(ws.StatusInvalidFramePayloadData, "a compressed message is broken: %v", err)
		}
		message = m.plain
	}
	if m.text && !utf8.Valid(message) {
		return event{}, violated(ws.StatusInvalidFramePayloadData, "a text message is not UTF-8")
	}
	return event{m.opcode, message}, nil
}

func tooLong(most int) error {
	return violated(ws.StatusMessageTooBig, "a message has at most %d bytes", most)
}

// kept is an empty buffer: the one of the last message, unless that was large.
func kept(last []byte) []byte {
	if cap(last) > keptMessage {
		return nil
	}
	return last[:0]
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
		return false, tooLong(m.limit)
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
	return h.Fin, nil
}

func (m *messages) payload(p []byte, h ws.Header) error {
	if _, err := io.ReadFull(m.r, p); err != nil {
		return err
	}
	ws.Cipher(p, h.Mask, 0)
	return nil
}
