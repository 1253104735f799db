package zpack

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// MaxBytes is the largest blob, unpacked: 64 MiB. Callers cut theirs far
// smaller; the bound is there for bytes that come from a damaged store.
const MaxBytes = 64 << 20

// One goroutine a call: callers pack in the background, beside the hot path,
// and must not take the other core as well.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic(fmt.Sprintf("zpack: making the encoder: %v", err))
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxBytes))
	if err != nil {
		panic(fmt.Sprintf("zpack: making the decoder: %v", err))
	}
	return d
})

// Pack compresses data into new bytes. More than MaxBytes is a broken
// invariant and panics: nobody could read it back.
func Pack(data []byte) []byte {
	if len(data) > MaxBytes {
		panic(fmt.Sprintf("zpack: %d bytes are more than a blob may have", len(data)))
	}
	return encoder().EncodeAll(data, make([]byte, 0, len(data)/2+64))
}

// Unpack gives what Pack was given, in new bytes. Anything else is an error,
// with at most MaxBytes of memory spent on finding out.
func Unpack(packed []byte) ([]byte, error) {
	data, err := decoder().DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpacking %d bytes: %w", len(packed), err)
	}
	return data, nil
}
