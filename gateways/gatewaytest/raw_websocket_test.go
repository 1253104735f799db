package gatewaytest_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net/http"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// opening words are what every transport's conversation is made of.
func opening() []*outcryv1.ClientFrame {
	return []*outcryv1.ClientFrame{
		{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: "torn"}}},
		{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Request: 1, Subscriptions: []*outcryv1.Subscription{
			{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: "NEXT-DOOR"}}}}}},
		{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: 7}}},
	}
}

func bytesOf(t *testing.T, f *outcryv1.ClientFrame, json bool) []byte {
	t.Helper()
	marshal := proto.Marshal
	if json {
		marshal = protojson.Marshal
	}
	p, err := marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// spokenWebSocket is a handshake, messages whole and in pieces, a ping and a goodbye.
func spokenWebSocket(subprotocol, extensions string) func(t *testing.T) spoken {
	return func(t *testing.T) spoken {
		s := spoken{legible: legibleWebSocket, head: []byte("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: " + forwarded + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n" + extensions + "\r\n")}
		data, json := byte(2), subprotocol == jsonProtocol
		if json {
			data = 1
		}
		for _, f := range opening() {
			p := bytesOf(t, f, json)
			s.body = append(s.body, maskedFrame(0x80|data, p)...)
			s.body = append(s.body, maskedFrame(data, p[:1])...)
			s.body = append(s.body, maskedFrame(0x89, []byte("are you there"))...)
			s.body = append(s.body, maskedFrame(0x80, p[1:])...)
		}
		s.bye = maskedFrame(0x88, []byte{3, 232})
		return s
	}
}

func maskedFrame(head byte, payload []byte) []byte {
	p := []byte{head, 0x80 | 126}
	p = binary.BigEndian.AppendUint16(p, uint16(len(payload)))
	if len(payload) < 126 {
		p = []byte{head, 0x80 | byte(len(payload))}
	}
	mask := []byte{1, 2, 3, 4}
	p = append(p, mask...)
	for i, b := range payload {
		p = append(p, b^mask[i%4])
	}
	return p
}

// closes are the codes that docs/PROTOCOL.md has, and those that a client's own close frame may have come with.
func closes(code uint16) bool { return code >= 1000 && code <= 1014 || code >= 3000 && code < 5000 }

// legibleWebSocket demands frames as a server sends them, and nothing after the last.
func legibleWebSocket(t *testing.T, said, answer []byte) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(answer))
	if len(answer) == 0 {
		return
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Errorf("%q was answered %q: %v", said, answer, err)
		return
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		if resp.StatusCode < 400 || resp.StatusCode >= 500 && resp.StatusCode != 501 && resp.StatusCode != 505 {
			t.Errorf("%q was answered %s", said, resp.Status)
		}
		return
	}
	rest := answer[len(answer)-r.Buffered():]
	for ended := false; len(rest) >= 2; {
		n, head := uint64(rest[1]), 2
		if n == 126 && len(rest) >= 4 {
			n, head = uint64(binary.BigEndian.Uint16(rest[2:])), 4
		}
		if op := rest[0] & 0x8f; ended || n > 126 && head == 2 || op != 0x81 && op != 0x82 && op != 0x88 && op != 0x89 && op != 0x8a {
			t.Errorf("to %q came a frame that begins with %x, %d bytes, after the end: %v", said, rest[0], n, ended)
			return
		}
		if uint64(len(rest)-head) < n {
			return // cut off
		}
		if ended = rest[0] == 0x88; ended && n >= 2 && !closes(binary.BigEndian.Uint16(rest[head:])) {
			t.Errorf("%q closed it with %d", said, binary.BigEndian.Uint16(rest[head:]))
		}
		rest = rest[head+int(n):]
	}
}
