package gatewaytest_test

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// Frames of HTTP/2 (RFC 9113, §6).
const (
	h2Data, h2Headers, h2Reset, h2Settings, h2Ping, h2GoAway, h2Window = 0, 1, 3, 4, 6, 7, 8

	h2EndStream, h2EndHeaders = 1, 4
	// mostH2Error is the last of the protocol's error codes.
	mostH2Error = 0xd
)

// spokenHTTP2 is one stream of Connect in a content type, with a ping and a larger window between.
func spokenHTTP2(contentType string, json bool) func(t *testing.T) spoken {
	return func(t *testing.T) spoken {
		s := spoken{legible: legibleHTTP2, head: append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frameH2(h2Settings, 0, 0, nil)...)}
		var fields []byte
		for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", "/outcry.v1.Outcry/Connect"}, {":authority", "127.0.0.1"},
			{"content-type", contentType}, {"te", "trailers"}, {"x-forwarded-for", forwarded}} {
			fields = append(fields, 0) // literal, not indexed (RFC 7541, §6.2.2)
			for _, text := range f {
				fields = append(append(fields, byte(len(text))), text...)
			}
		}
		s.body = frameH2(h2Headers, h2EndHeaders, 1, fields)
		for _, f := range opening() {
			p := bytesOf(t, f, json)
			message := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(p))), p...)
			s.body = append(s.body, frameH2(h2Data, 0, 1, message[:3])...) // messages are cut as the sender likes
			s.body = append(s.body, frameH2(h2Ping, 0, 0, []byte("are you?"))...)
			s.body = append(s.body, frameH2(h2Window, 0, 1, []byte{0, 0, 1, 0})...)
			s.body = append(s.body, frameH2(h2Data, 0, 1, message[3:])...)
		}
		s.bye = frameH2(h2Data, h2EndStream, 1, nil)
		return s
	}
}

func frameH2(kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	p := binary.BigEndian.AppendUint32([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}, stream)
	return append(p, payload...)
}

// legibleHTTP2 demands frames of the protocol, and error codes that it has.
func legibleHTTP2(t *testing.T, said, answer []byte) {
	t.Helper()
	if bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) || bytes.HasPrefix(answer, []byte("HTTP/1.1 505")) {
		return // it did not begin as HTTP/2 does
	}
	for rest := answer; len(rest) >= 9; {
		n := int(rest[0])<<16 | int(rest[1])<<8 | int(rest[2])
		if kind := rest[3]; kind > 9 || n > 16<<10 {
			t.Errorf("to %q came a frame of type %d with %d bytes in %q", said, kind, n, answer)
			return
		}
		if len(rest) < 9+n {
			return // cut off
		}
		code := uint32(0)
		switch p := rest[9 : 9+n]; rest[3] {
		case h2Reset:
			code = binary.BigEndian.Uint32(p)
		case h2GoAway:
			code = binary.BigEndian.Uint32(p[4:])
		}
		if code > mostH2Error {
			t.Errorf("%q ended it with the code %d", said, code)
		}
		rest = rest[9+n:]
	}
}
