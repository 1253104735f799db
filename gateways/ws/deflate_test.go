package ws_test

import (
	"bytes"
	"compress/flate"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/ws"
)

const (
	folded = 0x40 // RSV1
	offer  = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
)

// openFolded is a connection with permessage-deflate.
func openFolded(t *testing.T, subprotocol string) *raw {
	t.Helper()
	h := httptest.NewServer(ws.NewServer(ws.Config{Pumps: gatewaytest.Pumps(t), Compress: true}))
	t.Cleanup(h.Close)
	c, resp := handshake(t, "ws://"+strings.TrimPrefix(h.URL, "http://"), upgrade+offer+"Sec-WebSocket-Protocol: "+subprotocol+"\r\n")
	got := resp.Header.Get("Sec-WebSocket-Extensions")
	for _, want := range []string{"permessage-deflate", "server_no_context_takeover", "client_no_context_takeover"} {
		if !strings.Contains(got, want) {
			t.Fatalf("%d: of the offer was accepted %q", resp.StatusCode, got)
		}
	}
	return c
}

// fold compresses as RFC 7692 wants it.
func fold(t *testing.T, p []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff})
}

func unfold(t *testing.T, p []byte) string {
	t.Helper()
	text, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(p), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Breaks for users: a phone on a slow line pays for three times the bytes, or
// cannot read what comes.
func TestMessagesAreCompressedBothWays(t *testing.T) {
	c := openFolded(t, jsonProtocol)
	c.frame(folded|opText, fold(t, []byte(`{"hello":{"version":1}}`))[:5])
	c.frame(final|opPing, []byte("between")) // control frames are never compressed
	if pong := c.control(opPong); string(pong) != "between" {
		t.Errorf("the pong says %q", pong)
	}
	c.frame(final|opContinue, fold(t, []byte(`{"hello":{"version":1}}`))[5:])
	head, payload := c.next()
	if text := unfold(t, payload); head != final|folded|opText || !strings.Contains(text, "lineage-1") || len(payload) >= len(text) {
		t.Errorf("a frame %x of %d bytes came: %q", head, len(payload), text)
	}
	c.frame(final|opText, []byte(`{"ping":{"clientTimeNs":"7"}}`)) // a client need not
	for {
		head, payload := c.next()
		if strings.Contains(string(payload), `"clientTimeNs":"7"`) {
			if head != final|opText {
				t.Errorf("a short message came in a frame %x", head)
			}
			return
		}
	}
}

// Breaks for users: some KB that unfold to gigabytes would take the memory of
// everybody, and broken bytes the connection's goroutine.
func TestCompressedBombsCloseWithACode(t *testing.T) {
	bomb := fold(t, make([]byte, 60<<20)) // as much as fits into a message
	for _, c := range []struct {
		name  string
		bytes []byte
		code  uint16
	}{
		{"a bomb", frameOf(final|folded|opBinary, bomb), 1009},
		{"a bomb in pieces", append(frameOf(folded|opBinary, bomb[:10]), frameOf(final|opContinue, bomb[10:])...), 1009},
		{"just too long", frameOf(final|folded|opBinary, fold(t, make([]byte, 64<<10+1))), 1009},
		{"no deflate", frameOf(final|folded|opBinary, []byte{0xff, 0xff, 0xff}), 1007},
		{"cut off", frameOf(final|folded|opBinary, fold(t, bytes.Repeat([]byte("outcry "), 50))[:4]), 1007},
		{"a compressed ping", frameOf(final|folded|opPing, nil), 1002},
		{"a compressed continuation", append(frameOf(opBinary, nil), frameOf(final|folded|opContinue, nil)...), 1002},
		{"another bit", frameOf(final|0x20|opBinary, nil), 1002},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := openFolded(t, binaryProtocol)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r.write(c.bytes)
			r.closed(c.code)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
				t.Errorf("it took %d bytes", took)
			}
		})
	}
}

// Breaks for users: a client that compresses unasked would not be understood, and one
// that did not offer it could not read what comes.
func TestNothingIsCompressedThatWasNotNegotiated(t *testing.T) {
	url := serve(t, gatewaytest.Pumps(t), 0) // off
	c, resp := handshake(t, url, upgrade+offer+"Sec-WebSocket-Protocol: "+binaryProtocol+"\r\n")
	if got := resp.Header.Get("Sec-WebSocket-Extensions"); resp.StatusCode != http.StatusSwitchingProtocols || got != "" {
		t.Errorf("%d: of the offer was accepted %q", resp.StatusCode, got)
	}
	c.write(frameOf(final|folded|opBinary, fold(t, helloBytes(t))))
	c.closed(1002)
}
