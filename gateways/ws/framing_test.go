package ws

import (
	"bytes"
	"io"
	"testing"

	"github.com/gobwas/ws"

	"outcry/gateways/relay/wire"
)

// A head that is wrong breaks every message after it.
func FuzzFraming(f *testing.F) {
	f.Add(0, 3)
	f.Add(5, 125)
	f.Add(1, 126)
	f.Add(9, 65535)
	f.Add(2, 65536)
	f.Fuzz(func(t *testing.T, before, n int) {
		if before < 0 || n < 0 || before > 1<<10 || n > 1<<18 {
			return
		}
		fr, payload := framing{encoding: wire.Binary}, bytes.Repeat([]byte{7}, n)
		dst := fr.Begin(bytes.Repeat([]byte{9}, before))
		dst = fr.End(append(dst, payload...), before)
		r := bytes.NewReader(dst[before:])
		h, err := ws.ReadHeader(r)
		if err != nil || h.Length != int64(n) || !h.Fin || h.Masked || h.OpCode != ws.OpBinary {
			t.Fatalf("%d bytes: %+v, %v", n, h, err)
		}
		rest, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(rest, payload) || !bytes.Equal(dst[:before], bytes.Repeat([]byte{9}, before)) {
			t.Fatalf("%d bytes behind %d came out as %d, %v", n, before, len(rest), err)
		}
	})
}
