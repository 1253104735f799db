package events

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Bytes from a broker or a damaged disk must be read as generated code reads
// them or refused, in bounded memory; anything else forks the history between languages.
func FuzzDecode(f *testing.F) {
	golden, err := os.ReadFile("testdata/batch.hex")
	if err != nil {
		f.Fatal(err)
	}
	data, err := hex.DecodeString(strings.TrimSpace(string(golden)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(AppendBatch(nil, &Batch{Clock: true}))
	f.Add([]byte{8, 1, 0x42, 11, 0x0a, 1, 'X', 0x12, 4, 0xfc, 0xff, 0xff, 0x7f, 0x1a, 0}) // a billion rows in four bytes
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		compareWithGenerated(t, &d, data)
		if n := d.group.rowsMax(); n > 4*len(data)+keptRowsMax || cap(d.ticks) > 4*len(data)+keptRowsMax {
			t.Fatalf("%d bytes made slabs of %d and %d rows", len(data), n, cap(d.ticks))
		}
	})
}

// Whatever a feed says must come back from a record exactly, extremes included.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("seed of ticks: their kinds, sequences, prices and sizes"), "BINANCE:BTCUSDT", "ref-1")
	f.Add([]byte{0, 1, 2, 255, 254, 128, 64}, "a/b", "")
	var d Decoder
	f.Fuzz(func(t *testing.T, seed []byte, id, ref string) {
		if ValidID(id) != nil || !utf8.ValidString(ref) {
			t.Skip()
		}
		b := batchFrom(seed, id, ref)
		data := AppendBatch(nil, b)
		got, err := d.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, got, same); diff != "" {
			t.Fatal(diff)
		}
		var generated outcryv1.Batch
		if err := proto.Unmarshal(data, &generated); err != nil {
			t.Fatal(err)
		}
		again, err := proto.Marshal(&generated)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = d.Decode(again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, got, same); diff != "" {
			t.Fatalf("by way of generated code: %s", diff)
		}
	})
}

// batchFrom makes a batch of one instrument whose ticks are drawn from seed.
func batchFrom(seed []byte, id, ref string) *Batch {
	number := func() (v int64) { // of any length, so that every size of varint comes up
		for n := byte(8); len(seed) > 0 && n > 0; n-- {
			v, seed = v<<8|int64(seed[0]), seed[1:]
			if v&3 == 0 {
				break
			}
		}
		return v
	}
	g := Group{Instrument: id}
	for len(seed) > 0 {
		kind := TickKind(seed[0] % 3)
		t := Tick{Kind: kind, SourceSeq: uint64(number()), EventTime: number(), ReceiveTime: number()}
		if t.Kind == EventTick {
			t.Ref = uint32(len(g.Events))
			g.Events = append(g.Events, &outcryv1.TapeEvent{SourceSeq: t.SourceSeq, EventTimeNs: t.EventTime, ReceiveTimeNs: t.ReceiveTime})
			g.Ticks = append(g.Ticks, t)
			continue
		}
		t.Price, t.Size, t.Venue, t.Conditions = number(), number(), uint16(number()&3), uint16(number()&3)
		if t.Kind == QuoteTick {
			t.AskPrice, t.AskSize, t.Absent = number(), number(), uint8(number()&absentAll)
		} else {
			t.TradeID, t.Side = number(), uint8(number())
			if t.TradeID == 0 && ref != "" {
				g.Refs = append(g.Refs, ref)
				t.Ref = uint32(len(g.Refs))
			}
		}
		g.Ticks = append(g.Ticks, t)
	}
	return &Batch{Header: Header{Source: id}, Dictionary: []string{"a", "b", "c"}, Instruments: []Group{g}}
}
