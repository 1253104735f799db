package zpack

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// A state that came back changed would be folded on as if it were true.
func TestWhatWasPackedComesBack(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 3 << 20} {
		data := bytes.Repeat([]byte("tick tock "), n/10+1)[:n]
		packed := Pack(data)
		got, err := Unpack(packed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data) {
			t.Fatalf("%d bytes came back as %d others", n, len(got))
		}
		if n > 1000 && len(packed) > n/10 {
			t.Errorf("%d repeating bytes packed into %d", n, len(packed))
		}
	}
}

// A small damaged part that claims to be huge must not take the server's memory.
func TestBombIsRefused(t *testing.T) {
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := e.EncodeAll(make([]byte, MaxBytes+1), nil)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Unpack(bomb); err == nil {
		t.Fatal("more than MaxBytes were unpacked")
	}
}

// Bytes of a damaged store must give an error, not a panic.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{})
	f.Add(Pack([]byte("a part")))
	f.Add(Pack([]byte("a part"))[:8])
	f.Fuzz(func(t *testing.T, packed []byte) {
		data, err := Unpack(packed)
		if err != nil {
			return
		}
		again, err := Unpack(Pack(data))
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%d bytes did not survive: %v", len(data), err)
		}
	})
}
