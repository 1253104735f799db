package ws

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/gobwas/ws"

	bounds "outcry/gateways/limit"
	"outcry/gateways/relay/wire"
)

// Breaks for users: what one client typed is read as part of another's message,
// or a fragment that nobody finished makes the next client's message illegal.
func TestAReaderThatWasUsedKeepsNothingOfItsClient(t *testing.T) {
	frame := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrameWith(f, [4]byte{1, 2, 3, 4})) }
	begun := frame(ws.NewFrame(ws.OpBinary, false, bytes.Repeat([]byte("secret"), 20)))
	controls := bounds.NewBucket(controlsPerSecond)
	m := borrow(bytes.NewReader(begun), nil, 1000, framing{wire.Binary, true}, &controls)
	if _, err := m.next(); err == nil {
		t.Fatal("half a message was taken for a whole one")
	}
	// As giveBack and borrow do with one that nobody else takes meanwhile.
	m.letGo()
	m.begin(bytes.NewReader(nil), frame(ws.NewTextFrame([]byte("mine"))), 1000, framing{wire.JSON, false}, &controls)
	if e, err := m.next(); err != nil || string(e.payload) != "mine" {
		t.Fatalf("%q, %v", e.payload, err)
	}
	if !m.quiet() {
		t.Error("something is left")
	}
	if _, err := m.next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}
