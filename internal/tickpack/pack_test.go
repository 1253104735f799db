package tickpack

import (
	"bytes"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outcry/internal/zpack"
)

// TestABlockComesBackByteForByte: exports, trades asked for and recomputed bars
// are read from packed blocks; a tick that came back changed would never be noticed.
func TestABlockComesBackByteForByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := drawn(t)
		packed := Pack(data)
		if packed[0] != format {
			t.Fatalf("a block was kept as zstd: %x", data)
		}
		got, err := Unpack(packed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data) {
			t.Fatalf("%x came back as %x", data, got)
		}
	})
}

// TestABusyBlockIsSmall: the disk that a market needs is what this package is for.
func TestABusyBlockIsSmall(t *testing.T) {
	data := market(t, ticksMax)
	packed := Pack(data)
	if packed[0] != format || len(packed) > 6*ticksMax || len(packed)*2 > len(zpack.Pack(data)) {
		t.Fatalf("%d bytes were packed into %d, zstd needs %d", len(data), len(packed), len(zpack.Pack(data)))
	}
}

// TestWhatIsNoBlockIsKeptToo: a store must not lose what a later version of the
// fold writes, or what a test puts into it.
func TestWhatIsNoBlockIsKeptToo(t *testing.T) {
	block := market(t, 3)
	for name, data := range map[string][]byte{
		"nothing":            {},
		"another version":    append([]byte{2}, block[1:]...),
		"a row cut off":      block[:len(block)-1],
		"bytes behind":       append(bytes.Clone(block), 0),
		"an unknown kind":    {version, 3, 0, 0, 0},
		"a field too long":   {version, 0x10, 0, 0, 0, 0},
		"an unknown flag":    {version, 4, 0, 0, 0, 0x40, 0, 0},
		"a word not there":   {version, 4, 0, 0, 0, 0, 9, 0},
		"a bid in no bid":    {version, 4, 0, 0x01, 0, 1, 0, 0, 2},
		"an ask in no ask":   {version, 4, 0, 0, 0x01, 4, 0, 0, 2},
		"a time never known": {version, 4, 0x10, 0, 0, 0x10, 0, 0, 2},
		"an event with size": {version, 2, 0, 0x11, 0, 4, 1, 2, 0},
		"too long":           append([]byte{version, 4, 0, 0, 0, 0, 1, 0x80, 0x80, 0x04}, make([]byte, bytesMax+1)...),
		"too many":           bytes.Repeat([]byte{0, 0, 0, 0}, ticksMax+2),
	} {
		packed := Pack(data)
		got, err := Unpack(packed)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %x came back as %x, %v", name, data, got, err)
		}
		if len(packed) > 0 && packed[0] != zstdFirst {
			t.Errorf("%s was taken for a block", name)
		}
	}
}

// TestBlocksOfOldStoresAreRead: they hold zstd, and nobody packs them anew.
func TestBlocksOfOldStoresAreRead(t *testing.T) {
	data := market(t, 100)
	if got, err := Unpack(zpack.Pack(data)); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%v", err)
	}
}

// TestADamagedBlockIsAnError: answered as if it were true, it would be other people's trades.
func TestADamagedBlockIsAnError(t *testing.T) {
	data := market(t, 50)
	packed := Pack(data)
	for i := range packed {
		for bit := range 8 {
			bad := bytes.Clone(packed)
			bad[i] ^= 1 << bit
			if got, err := Unpack(bad); err == nil && !bytes.Equal(got, data) { // a bit may stand for what the block has none of
				t.Fatalf("bit %d of byte %d was turned, and other bytes came back", bit, i)
			}
		}
	}
	for i := 1; i < len(packed); i++ {
		if _, err := Unpack(packed[:i]); err == nil {
			t.Fatalf("%d of %d bytes were enough", i, len(packed))
		}
	}
}

// TestPackedExample is the example of docs/formats/packed_blocks.md: other
// programs read packed blocks by that page.
func TestPackedExample(t *testing.T) {
	rows := unhex(t, "01 14021111 10 010458 4e4153 00 02 d007 c8 05 04 07 11122111 12 e803 02 ca 2c01 8c 02")
	want := "01 fc68c783 02 00 01 02 01 65 ac02 05 05 04584e4153 9100100807c24a02130bb5bb5fd8f2d191716a"
	if got := hex.EncodeToString(Pack(rows)); got != hex.EncodeToString(unhex(t, want)) {
		t.Fatalf("%s, want %s", got, want)
	}
}

// TestTheFormatIsTheOneOfYesterday: stores keep packed blocks for years. If this
// fails, what was packed before can't be read any more: give the change a new format.
func TestTheFormatIsTheOneOfYesterday(t *testing.T) {
	packed := Pack(market(t, ticksMax))
	if sum := crc32.Checksum(packed, castagnoli); len(packed) != 5508 || sum != 0xad71fce1 {
		t.Fatalf("a market is packed into %d bytes with the checksum %#x", len(packed), sum)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzUnpack: packed blocks come from a store that may have been damaged;
// garbage must give an error, not a panic or gigabytes.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{format})
	f.Add(Pack(market(f, 20)))
	f.Add(Pack([]byte("no block")))
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

// FuzzPack: whatever a block holds comes back.
func FuzzPack(f *testing.F) {
	f.Add([]byte{})
	f.Add(market(f, 20))
	f.Add([]byte("no block"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Unpack(Pack(data))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%x came back as %x: %v", data, got, err)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	data := market(b, ticksMax)
	b.ReportAllocs()
	for b.Loop() {
		Pack(data)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/ticksMax, "ns/tick")
}

func BenchmarkUnpack(b *testing.B) {
	packed := Pack(market(b, ticksMax))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Unpack(packed); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/ticksMax, "ns/tick")
}
