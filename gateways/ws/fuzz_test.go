package ws

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gobwas/ws"

	bounds "outcry/gateways/limit"
	"outcry/gateways/relay/wire"
)

// Any program can connect: bytes that are no WebSocket must end one connection
// with a code, not the server, and no message may be longer than allowed.
func FuzzMessages(f *testing.F) {
	mask := [4]byte{1, 2, 3, 4}
	text := ws.MustCompileFrame(ws.MaskFrameWith(ws.NewTextFrame([]byte(`{"ping":{}}`)), mask))
	half := ws.NewFrame(ws.OpBinary, false, []byte("he"))
	rest := ws.NewFrame(ws.OpContinuation, true, []byte("llo"))
	fragments := append(ws.MustCompileFrame(ws.MaskFrameWith(half, mask)), ws.MustCompileFrame(ws.MaskFrameWith(ws.NewPingFrame(nil), mask))...)
	f.Add(text, true, false)
	f.Add(append(fragments, ws.MustCompileFrame(ws.MaskFrameWith(rest, mask))...), false, false)
	f.Add([]byte{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}, false, true)
	zeros, _ := deflate(make([]byte, 10_000))
	bomb := ws.NewFrame(ws.OpBinary, true, zeros)
	bomb.Header.Rsv = ws.Rsv(true, false, false)
	f.Add(ws.MustCompileFrame(ws.MaskFrameWith(bomb, mask)), false, true)
	f.Fuzz(func(t *testing.T, data []byte, json, folded bool) {
		encoding := wire.Binary
		if json {
			encoding = wire.JSON
		}
		const limit = 64
		controls := bounds.NewBucket(controlsPerSecond)
		m := borrow(bytes.NewReader(data), nil, limit, framing{encoding, folded}, &controls)
		defer m.giveBack() // used again by the next
		for range len(data) + 1 {
			e, err := m.next()
			var broken *violation
			if errors.As(err, &broken) && (broken.code < 1000 || broken.code > 1013) && broken.code != tooFast {
				t.Fatalf("close code %d", broken.code)
			}
			if err != nil {
				return
			}
			if len(e.payload) > max(limit, ws.MaxControlFramePayloadSize) {
				t.Fatalf("a payload of %d bytes", len(e.payload))
			}
		}
		t.Fatal("more messages than bytes")
	})
}
