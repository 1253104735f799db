package events

import (
	"encoding/hex"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

var update = flag.Bool("update", false, "rewrite testdata")

// same compares batches; nil and empty are alike.
var same = cmp.Options{protocmp.Transform(), cmpopts.EquateEmpty()}

// sample has something of everything that a record can hold.
func sample() *Batch {
	status := &outcryv1.TapeEvent{SourceSeq: 12, EventTimeNs: 1_700_000_000_000_000_003, ReceiveTimeNs: 5,
		Event: &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{State: outcryv1.TradingState_TRADING_STATE_HALTED, Reason: "news"}}}
	return &Batch{
		Header: Header{Source: "binance.trade", Epoch: "e1", Mode: outcryv1.Mode_MODE_IMPORT,
			IngestTime: 1_700_000_000_000_000_000, Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		Dictionary: []string{"XNAS", "@ T"},
		Instruments: []Group{
			{Instrument: "BINANCE:BTCUSDT", Refs: []string{"a-1", "é"}, Events: []*outcryv1.TapeEvent{status}, Ticks: []Tick{
				{Kind: QuoteTick, SourceSeq: 10, EventTime: 1_700_000_000_000_000_000, ReceiveTime: 1_700_000_000_000_000_000, Price: 100, Size: 5, AskPrice: 101, AskSize: 6},
				{Kind: TradeTick, SourceSeq: 7, EventTime: 1_700_000_000_000_000_001, Price: 101, Size: 2, Side: 1, TradeID: 9_000, Venue: 1},
				{Kind: TradeTick, SourceSeq: 8, EventTime: 1_700_000_000_000_000_001, Price: 99, Size: 2, Side: 2, Ref: 1, Conditions: 2},
				{Kind: EventTick, SourceSeq: 12, EventTime: 1_700_000_000_000_000_003, ReceiveTime: 5},
				{Kind: QuoteTick, SourceSeq: 11, EventTime: 1_700_000_000_000_000_009, Price: 0, Absent: NoBidPrice | NoBidSize, AskPrice: 102, AskSize: 1},
				{Kind: TradeTick, SourceSeq: 9, EventTime: 1_700_000_000_000_000_001, Price: 99, Size: -2, Ref: 2},
			}},
			{Instrument: "ns/x", Refs: []string{"z"}, Ticks: []Tick{{Kind: QuoteTick}, {Kind: TradeTick, Ref: 1}}},
		},
		Rooms: []*outcryv1.RoomGroup{{Room: "ubuntu", Inputs: []*outcryv1.RoomInput{{User: "ann", ClientMsgId: []byte("0123456789abcdef"),
			Input: &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte("hi"), Characters: 2}}}}}}},
		Clock: true,
	}
}

// A record that comes back as anything but what went in is another history.
func TestBatchComesBackAsItWentIn(t *testing.T) {
	var d Decoder
	for range 2 { // the second time from recycled slabs
		got, err := d.Decode(AppendBatch([]byte("before"), sample())[len("before"):])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sample(), got, same); diff != "" {
			t.Fatal(diff)
		}
	}
}

// A reader in another language uses generated code: it must see the same columns.
func TestGeneratedCodeReadsWhatTheCodecWrites(t *testing.T) {
	var b outcryv1.Batch
	if err := proto.Unmarshal(AppendBatch(nil, sample()), &b); err != nil {
		t.Fatal(err)
	}
	got, fault := fromProto(&b)
	if fault != "" {
		t.Fatal(fault)
	}
	if diff := cmp.Diff(sample(), got, same); diff != "" {
		t.Fatal(diff)
	}
	if g := b.Instruments[0]; len(g.Trades.Venue) != 3 || len(g.Quotes.Venue) != 0 || len(g.Trades.ReceiveLagNs) != 0 || len(g.Quotes.ReceiveLagNs) != 2 {
		t.Fatalf("columns that say nothing must be left out, and only they: %v", g)
	}
}

// Logs are read by later versions: the bytes of version 1 may never change.
func TestBytesOfARecordNeverChange(t *testing.T) {
	const file = "testdata/batch.hex"
	got := hex.EncodeToString(AppendBatch(nil, sample()))
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Fatalf("got %s\nwant %s", got, want)
	}
}

// An operator who meets a damaged record must be told what is wrong with it.
func TestDamagedRecordIsRefusedByName(t *testing.T) {
	group := func(g *outcryv1.InstrumentGroup) *outcryv1.Batch {
		if g.Instrument == "" {
			g.Instrument = "X"
		}
		return &outcryv1.Batch{Version: 1, Instruments: []*outcryv1.InstrumentGroup{g}}
	}
	quotes := func(runs uint32, q *outcryv1.QuoteColumns) *outcryv1.Batch {
		return group(&outcryv1.InstrumentGroup{Runs: []uint32{runs << 2}, Quotes: q})
	}
	trades := func(runs uint32, t *outcryv1.TradeColumns) *outcryv1.Batch {
		return group(&outcryv1.InstrumentGroup{Runs: []uint32{runs<<2 | 1}, Trades: t})
	}
	one := []int64{1}
	for want, b := range map[string]*outcryv1.Batch{
		"version 0": {},
		"version 2": {Version: 2},
		`group of instrument "X": quotes: column bid_size has 2 values for runs of 1`: quotes(1, &outcryv1.QuoteColumns{SourceSeq: one, BidSize: []int64{1, 2}}),
		"quotes: column source_seq has 1 values for runs of 0":                        quotes(0, &outcryv1.QuoteColumns{SourceSeq: one}),
		"quotes: no column holds the 1073741823 rows of the runs":                     quotes(1<<30-1, &outcryv1.QuoteColumns{}),
		"trades: column price has 1 values for runs of 3":                             trades(3, &outcryv1.TradeColumns{Price: one}),
		"trades: column trade_ref has 2 values for runs of 1":                         trades(1, &outcryv1.TradeColumns{SourceSeq: one, TradeRef: []string{"a", "b"}}),
		"column absent has the value 16, at most 15 is allowed":                       quotes(1, &outcryv1.QuoteColumns{SourceSeq: one, Absent: []uint32{16}}),
		"column side has the value 256, at most 255 is allowed":                       trades(1, &outcryv1.TradeColumns{SourceSeq: one, Side: []uint32{256}}),
		"column venue has the value 65536, at most 65535 is allowed":                  trades(1, &outcryv1.TradeColumns{SourceSeq: one, Venue: []uint32{65536}}),
		"word 1 of a dictionary of 0":                                                 quotes(1, &outcryv1.QuoteColumns{SourceSeq: one, Conditions: []uint32{1}}),
		"1 events for runs of 0":                                                      group(&outcryv1.InstrumentGroup{Events: []*outcryv1.TapeEvent{{}}}),
		"0 events for runs of 2":                                                      group(&outcryv1.InstrumentGroup{Runs: []uint32{2<<2 | 2}}),
		"run 0 is of the unknown kind 3":                                              group(&outcryv1.InstrumentGroup{Runs: []uint32{3}}),
		"invalid id: the name \"a b\" has the byte":                                   group(&outcryv1.InstrumentGroup{Instrument: "a b"}),
		"room group: invalid id: the name is empty":                                   {Version: 1, Rooms: []*outcryv1.RoomGroup{{}}},
	} {
		data, err := proto.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := new(Decoder).Decode(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A cut or wrong byte must be an error and nothing else: the shard stops there and says so.
func TestEveryCutOfARecordIsRefusedOrConsistent(t *testing.T) {
	data := AppendBatch(nil, sample())
	var d Decoder
	for n := range data {
		compareWithGenerated(t, &d, data[:n])
	}
}

// A number of more than 64 bits is damage, not a smaller number.
func TestNumbersBeyond64BitsAreRefused(t *testing.T) {
	nines := strings.Repeat("\xff", 9)
	var d Decoder
	for _, last := range []string{"\x01", "\x02", "\x7f", "\x81\x00", "\xff"} {
		number := nines + last
		for _, data := range []string{
			"\x28" + number, // ingest_time_ns
			number,          // a tag
			"\x42" + number, // a length
			"\x42\x0f\x12\x01\x04\x1a\x0a\x08" + number + "\x0a\x01X", // not packed
			"\x42" + string(rune(len(number)+10)) + "\x0a\x01X\x12\x01\x04\x1a" + string(rune(len(number)+2)) + "\x0a" + string(rune(len(number))) + number,
		} {
			compareWithGenerated(t, &d, []byte("\x08\x01"+data))
		}
	}
}

// Someone else's encoder may order, split and pad fields as protobuf allows.
func TestAnyValidEncodingIsRead(t *testing.T) {
	var b outcryv1.Batch
	if err := proto.Unmarshal(AppendBatch(nil, sample()), &b); err != nil {
		t.Fatal(err)
	}
	data := scattered(t, &b)
	got, err := new(Decoder).Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got, same); diff != "" {
		t.Fatal(diff)
	}
}

// A client with new names all the time must not fill the memory of a shard.
func TestInternedStringsAreBounded(t *testing.T) {
	var d Decoder
	for i := range internedMax + 10 {
		b := Batch{Header: Header{Epoch: hex.EncodeToString([]byte{byte(i >> 16), byte(i >> 8), byte(i)})}}
		if _, err := d.Decode(AppendBatch(nil, &b)); err != nil {
			t.Fatal(err)
		}
		if len(d.interned) > internedMax {
			t.Fatalf("%d strings are kept", len(d.interned))
		}
	}
	if len(d.interned) > 20 {
		t.Fatalf("%d strings: the map never started anew", len(d.interned))
	}
}

// One huge record must not keep its memory for ever.
func TestSlabsOfAHugeRecordAreDropped(t *testing.T) {
	var d Decoder
	big := Batch{Instruments: []Group{{Instrument: "X", Ticks: make([]Tick, keptRowsMax+1)}}}
	if _, err := d.Decode(AppendBatch(nil, &big)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(AppendBatch(nil, sample())); err != nil {
		t.Fatal(err)
	}
	if n := max(cap(d.ticks), d.group.rowsMax()); n > keptRowsMax {
		t.Fatalf("a slab of %d rows is kept", n)
	}
}

// Garbage for every event stops the world for the collector at a million events a second.
func TestCodecAllocatesNothingInTheLongRun(t *testing.T) {
	b := &Batch{Header: sample().Header, Dictionary: []string{"XNAS"}}
	b.Trace = "" // another string in every record
	for _, id := range []string{"A", "B", "C"} {
		b.Instruments = append(b.Instruments, Group{Instrument: id, Ticks: []Tick{
			{Kind: QuoteTick, SourceSeq: 1, Price: 5, Venue: 1}, {Kind: TradeTick, SourceSeq: 9, Price: 5, TradeID: 8}, {Kind: QuoteTick, SourceSeq: 2}}})
	}
	data := AppendBatch(nil, b)
	var d Decoder
	if n := testing.AllocsPerRun(100, func() {
		if _, err := d.Decode(data); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("decoding a record of 9 events allocates %v times", n)
	}
	var e encoder // AppendBatch's are pooled
	if n := testing.AllocsPerRun(100, func() { data = e.batch(data[:0], b) }); n != 0 {
		t.Errorf("encoding a record of 9 events allocates %v times", n)
	}
}
