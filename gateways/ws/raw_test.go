package ws_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/gatewaytest"
	outcryv1 "outcry/proto/outcry/v1"
)

// Opcodes and the final bit of RFC 6455, §5.2.
const (
	opContinue = 0
	opText     = 1
	opBinary   = 2
	opClose    = 8
	opPing     = 9
	opPong     = 10
	final      = 0x80
)

// raw is a client that speaks WebSocket by hand, to say what no library would.
type raw struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader

	frames []*outcryv1.ServerFrame // of the message that was read last
}

// handshake asks for an upgrade with more headers, and sends early bytes in
// the same segment; resp is what came.
func handshake(t *testing.T, url, headers string, early ...byte) (*raw, *http.Response) {
	t.Helper()
	host := strings.TrimPrefix(url, "ws://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the test may have closed it
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := &raw{t: t, conn: conn, r: bufio.NewReader(conn)}
	c.write([]byte("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n" + string(early)))
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, resp
}

const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// open is a connection whose handshake is done.
func open(t *testing.T, url, subprotocol string) *raw {
	t.Helper()
	c, resp := handshake(t, url, upgrade+"Sec-WebSocket-Protocol: "+subprotocol+"\r\n")
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake was answered %s", resp.Status)
	}
	return c
}

func (c *raw) write(p []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(p); err != nil {
		c.t.Fatal(err)
	}
}

// frame writes one frame, masked as a client must.
func (c *raw) frame(head byte, payload []byte) {
	c.t.Helper()
	c.write(frameOf(head, payload))
}

func frameOf(head byte, payload []byte) []byte {
	p := []byte{head}
	if len(payload) < 126 {
		p = append(p, 0x80|byte(len(payload)))
	} else {
		p = binary.BigEndian.AppendUint64(append(p, 0x80|127), uint64(len(payload)))
	}
	mask := []byte{1, 2, 3, 4}
	p = append(p, mask...)
	for i, b := range payload {
		p = append(p, b^mask[i%4])
	}
	return p
}

// next reads one frame of the server.
func (c *raw) next() (head byte, payload []byte) {
	c.t.Helper()
	var h [2]byte
	c.full(h[:])
	n := uint64(h[1])
	switch n {
	case 126:
		var l [2]byte
		c.full(l[:])
		n = uint64(binary.BigEndian.Uint16(l[:]))
	case 127:
		var l [8]byte
		c.full(l[:])
		n = binary.BigEndian.Uint64(l[:])
	}
	payload = make([]byte, n)
	c.full(payload)
	return h[0], payload
}

func (c *raw) full(p []byte) {
	c.t.Helper()
	if _, err := io.ReadFull(c.r, p); err != nil {
		c.t.Fatalf("reading: %v", err)
	}
}

// control reads on to a control frame. Pongs that nobody asked about are passed over.
func (c *raw) control(op byte) []byte {
	c.t.Helper()
	for {
		head, payload := c.next()
		if head == final|op {
			return payload
		}
		if head&0x0f >= opClose && head != final|opPong {
			c.t.Fatalf("a frame of type %d came: %q", head&0x0f, payload)
		}
	}
}

// closed reads on to the close frame, and that nothing follows.
func (c *raw) closed(code uint16) {
	c.t.Helper()
	payload := c.control(opClose)
	if len(payload) < 2 || binary.BigEndian.Uint16(payload) != code {
		c.t.Fatalf("closed with %q, want %d", payload, code)
	}
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Errorf("after the close came %q, %v", rest, err)
	}
}

func helloBytes(t *testing.T) []byte {
	p, err := proto.Marshal(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: strings.Repeat("n", 100)}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Browsers and libraries cut messages as they like, with pings between.
func TestFragmentsAreJoinedWithControlFramesBetween(t *testing.T) {
	c := open(t, serve(t, gatewaytest.Pumps(t), 0), binaryProtocol)
	p := helloBytes(t)
	c.frame(opBinary, p[:1])
	c.frame(final|opPing, []byte("are you there"))
	c.frame(opContinue, p[1:50])
	c.frame(opContinue, nil)
	if pong := c.control(opPong); string(pong) != "are you there" {
		t.Errorf("the pong says %q", pong)
	}
	c.frame(final|opContinue, p[50:])
	head, payload := c.next()
	if head != final|opBinary || !bytes.Contains(payload, []byte("lineage-1")) {
		t.Errorf("frame %x came: %q", head, payload)
	}
}

// What a client sends right behind its handshake lies in a buffer already and must not be lost.
func TestBytesBehindTheHandshakeAreRead(t *testing.T) {
	url := serve(t, gatewaytest.Pumps(t), 0)
	// 512 bytes, as many as are read at a time, end with a message: nothing of what was read is left then.
	early := append(bytes.Repeat(frameOf(final|opPing, make([]byte, 10)), 32), frameOf(final|opBinary, helloBytes(t))...)
	const questions = 60
	for i := range int64(questions) {
		early = append(early, question(t, i)...)
	}
	c, resp := handshake(t, url, upgrade+"Sec-WebSocket-Protocol: "+binaryProtocol+"\r\n", early...)
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp.Status)
	}
	for i := range int64(questions) {
		c.answered(i)
	}
}

// Whoever breaks the protocol must be told with the code that says how.
func TestBrokenBytesCloseWithACode(t *testing.T) {
	const limit = 1000
	url := serve(t, gatewaytest.Pumps(t), limit)
	for _, c := range []struct {
		name, subprotocol string
		bytes             []byte
		code              uint16
	}{
		{"unmasked", binaryProtocol, []byte{final | opBinary, 1, 0}, 1002},
		{"reserved bits", binaryProtocol, frameOf(final|0x40|opBinary, nil), 1002},
		{"unknown opcode", binaryProtocol, frameOf(final|5, nil), 1002},
		{"continuation of nothing", binaryProtocol, frameOf(final|opContinue, nil), 1002},
		{"message inside a message", binaryProtocol, append(frameOf(opBinary, nil), frameOf(opBinary, nil)...), 1002},
		{"fragmented ping", binaryProtocol, frameOf(opPing, nil), 1002},
		{"long ping", binaryProtocol, frameOf(final|opPing, make([]byte, 126)), 1002},
		{"length of 64 bits with the highest set", binaryProtocol, append([]byte{final | opBinary, 0xff}, bytes.Repeat([]byte{0xff}, 12)...), 1002},
		{"too large", binaryProtocol, frameOf(final|opBinary, make([]byte, limit+1)), 1009},
		{"too large in pieces", binaryProtocol, append(frameOf(opBinary, make([]byte, limit)), frameOf(final|opContinue, make([]byte, 1))...), 1009},
		{"a message in pieces without end", binaryProtocol, append(frameOf(opBinary, nil), bytes.Repeat(frameOf(opContinue, nil), 1024)...), 1009},
		{"a flood of pings", binaryProtocol, bytes.Repeat(frameOf(final|opPing, nil), 100), 4024},
		{"text where binary is spoken", binaryProtocol, frameOf(final|opText, nil), 1003},
		{"binary where text is spoken", jsonProtocol, frameOf(final|opBinary, nil), 1003},
		{"text that is not UTF-8", jsonProtocol, frameOf(final|opText, []byte{0xff}), 1007},
		{"close with half a code", binaryProtocol, frameOf(final|opClose, []byte{3}), 1002},
		{"close with a code that is not allowed", binaryProtocol, frameOf(final|opClose, []byte{3, 237}), 1002},
		{"close with a code that nobody has", binaryProtocol, frameOf(final|opClose, []byte{0x13, 0x88}), 1002},
		{"close", binaryProtocol, frameOf(final|opClose, []byte{3, 232}), 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, url, c.subprotocol)
			r.write(c.bytes)
			r.closed(c.code)
		})
	}
}

// A session that ends itself says with which of our codes.
func TestASessionsEndHasItsOwnCloseCode(t *testing.T) {
	c := open(t, serve(t, gatewaytest.Pumps(t), 0), jsonProtocol)
	c.frame(final|opText, []byte(`{"hello":{"version":0}}`))
	c.closed(4000 + uint16(outcryv1.ErrorCode_ERROR_CODE_UNSUPPORTED_VERSION))
}

// Somebody who comes with the wrong words must read which are right.
func TestHandshakesThatAreNotOursAreRefusedInWords(t *testing.T) {
	url := serve(t, gatewaytest.Pumps(t), 0)
	for _, c := range []struct {
		headers string
		status  int
		says    string
	}{
		{"", http.StatusUpgradeRequired, "WebSocket"},
		{upgrade, http.StatusBadRequest, "outcry.v1.proto or outcry.v1.json"},
		{upgrade + "Sec-WebSocket-Protocol: mqtt\r\n", http.StatusBadRequest, "outcry.v1.proto or outcry.v1.json"},
		{"Upgrade: websocket\r\nSec-WebSocket-Protocol: outcry.v1.json\r\n", http.StatusBadRequest, ""},
	} {
		_, resp := handshake(t, url, c.headers)
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(text), c.says) {
			t.Errorf("%q was answered %s: %s %v", c.headers, resp.Status, text, err)
		}
	}
	_, resp := handshake(t, url, upgrade+"Sec-WebSocket-Protocol: mqtt, outcry.v1.json\r\n")
	if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != jsonProtocol {
		t.Errorf("of two subprotocols %q was chosen", got)
	}
}
