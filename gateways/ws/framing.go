package ws

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"outcry/gateways/fault"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	final    = 0x80
	headRoom = 4 // a head of 2, 4 or 10 bytes: most messages need 4
	// mostReason is what fits beside the code in a close frame.
	mostReason = ws.MaxControlFramePayloadSize - 2
)

// framing makes one WebSocket message of what a session says at a time.
type framing struct {
	encoding wire.Encoding
	deflate  bool // what is worth it
}

func (f framing) opcode() byte {
	if f.encoding == wire.JSON {
		return byte(ws.OpText)
	}
	return byte(ws.OpBinary)
}

// Begin leaves room for the head.
func (f framing) Begin(dst []byte) []byte { return append(dst, make([]byte, headRoom)...) }

// End writes the head, which has to be as short as it can: the message moves where it does not fit.
func (f framing) End(dst []byte, start int) []byte {
	first := final | f.opcode()
	if body := dst[start+headRoom:]; f.deflate && len(body) >= compressFrom {
		if shorter, ok := deflate(body); ok {
			dst, first = dst[:start+headRoom+len(shorter)], first|compressed
		}
	}
	n := len(dst) - start - headRoom
	switch {
	case n < 126:
		copy(dst[start+2:], dst[start+headRoom:])
		dst = dst[:len(dst)-2]
		dst[start+1] = byte(n)
	case n < 1<<16:
		dst[start+1] = 126
		binary.BigEndian.PutUint16(dst[start+2:], uint16(n))
	default:
		dst = append(dst, make([]byte, 6)...)
		copy(dst[start+10:], dst[start+headRoom:start+headRoom+n])
		dst[start+1] = 127
		binary.BigEndian.PutUint64(dst[start+2:], uint64(n))
	}
	dst[start] = first
	return dst
}

// Ping keeps proxies from taking the connection for idle.
func (f framing) Ping(dst []byte) []byte { return append(dst, final|byte(ws.OpPing), 0) }

// Goodbye is the close frame of a session that ended.
func (f framing) Goodbye(dst []byte, why *outcryv1.Error) []byte {
	if why == nil {
		return append(dst, closeFrame(ws.StatusGoingAway, "the server is stopping")...)
	}
	return append(dst, closeFrame(ws.StatusCode(fault.CloseCode(why.GetCode())), why.GetText())...)
}

// closeFrame makes a whole close frame; a reason that is too long is cut.
func closeFrame(code ws.StatusCode, reason string) []byte {
	if len(reason) > mostReason {
		cut := mostReason
		for !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	return controlFrame(ws.OpClose, ws.NewCloseFrameBody(code, reason))
}

// controlFrame makes a whole frame; payload has at most 125 bytes.
func controlFrame(op ws.OpCode, payload []byte) []byte {
	return append([]byte{final | byte(op), byte(len(payload))}, payload...)
}
