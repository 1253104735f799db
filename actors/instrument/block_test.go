package instrument

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"outcry/events"
	"outcry/internal/tickpack"
	outcryv1 "outcry/proto/outcry/v1"
)

// TestBlocksGiveBackEveryTick: exports, trades asked for and bars recomputed
// after a cancel are read from blocks; every accepted tick must be there once, as it came.
func TestBlocksGiveBackEveryTick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New("A")
		s.defined = true
		var f Facts
		var want, got []BlockTick
		now, seq := int64(at0)+12*3600*second, uint64(0)
		for range rapid.IntRange(1, 20).Draw(t, "groups") {
			now += rapid.Int64Range(0, 20).Draw(t, "later") * second
			b := drawBatch(t, &lender{}, now, 24*3600*second)
			b.Source = "one"
			for i := range b.Dictionary {
				b.Dictionary[i] += strings.Repeat("x", rapid.IntRange(0, 100).Draw(t, "length"))
			}
			g := &b.Instruments[0]
			for i := range g.Ticks {
				seq += rapid.Uint64Range(1, 1<<40).Draw(t, "step")
				g.Ticks[i].SourceSeq = seq
			}
			for _, e := range g.Events {
				seq++
				e.SourceSeq = seq
			}
			f.Reset()
			s.Fold(b, g, &f)
			want = append(want, expected(b, &f, uint64(len(want)))...)
			for i := range f.Blocks {
				got = append(got, read(t, &f.Blocks[i])...)
			}
		}
		if b, ok := s.OpenBlock(); ok {
			got = append(got, read(t, &b)...)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// expected is what blocks should give back of a group whose sequences were all new.
func expected(b *events.Batch, f *Facts, seq uint64) (ticks []BlockTick) {
	g := &b.Instruments[0]
	word := func(i uint16) string {
		if i == 0 {
			return ""
		}
		return b.Dictionary[i-1]
	}
	for i, t := range g.Ticks {
		if slices.ContainsFunc(f.Refusals, func(r Refusal) bool { return r.Index == i }) {
			continue
		}
		seq++
		bt := BlockTick{Seq: seq, Tick: t, Venue: word(t.Venue), Conditions: word(t.Conditions)}
		switch t.Kind {
		case events.QuoteTick:
			bt.Tick = plainQuote(&t)
		case events.TradeTick:
			bt.Tick.Absent, bt.Tick.AskPrice, bt.Tick.AskSize = 0, 0, 0
			if t.Ref != 0 {
				bt.TradeID = g.Refs[t.Ref-1]
			} else if t.TradeID != 0 {
				bt.TradeID = strconv.FormatInt(t.TradeID, 10)
			}
		case events.EventTick:
			bt.Event = g.Events[t.Ref]
			bt.Tick = events.Tick{Kind: events.EventTick, SourceSeq: bt.Event.SourceSeq, EventTime: bt.Event.EventTimeNs}
		}
		bt.Tick.Ref, bt.Tick.Venue, bt.Tick.Conditions = 0, 0, 0
		ticks = append(ticks, bt)
	}
	return ticks
}

// read checks what a block says of itself and gives its ticks without the places of their words.
func read(t rapid.TB, b *Block) (ticks []BlockTick) {
	t.Helper()
	if b.Ticks != uint32(b.LastSeq-b.FirstSeq+1) || len(b.Data) > blockBytes {
		t.Fatalf("%d ticks in %d bytes from %d to %d", b.Ticks, len(b.Data), b.FirstSeq, b.LastSeq)
	}
	packed := tickpack.Pack(b.Data)
	if unpacked, err := tickpack.Unpack(packed); err != nil || !bytes.Equal(unpacked, b.Data) || packed[0] != 1 {
		t.Fatalf("a block is packed in format %d and comes back otherwise: %v", packed[0], err)
	}
	err := ReadBlock(b.FirstSeq, b.Data, func(bt *BlockTick) error {
		if at := bt.Tick.EventTime; dayOf(at) != b.Day || at < b.FirstTimeNs || at > b.LastTimeNs {
			t.Fatalf("a tick at %d in a block of day %d, %d to %d", at, b.Day, b.FirstTimeNs, b.LastTimeNs)
		}
		ticks = append(ticks, *bt)
		ticks[len(ticks)-1].Tick.Venue, ticks[len(ticks)-1].Tick.Conditions = 0, 0
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ticks
}

// TestBlocksStayWithinTheirBounds: the largest inputs that are allowed, and
// inputs with ever new words, must not make a block beyond 64 KiB or 255 words, which
// readers refuse.
func TestBlocksStayWithinTheirBounds(t *testing.T) {
	for name, length := range map[string]int{"large": wordMax - 4, "many words": 0} {
		t.Run(name, func(t *testing.T) {
			s := define(t, "A")
			var f Facts
			var blocks []Block
			for i := range int64(1200) {
				b, g := largest(i, length)
				f.Reset()
				s.Fold(b, g, &f)
				if f.Accepted != 2 {
					t.Fatalf("refused: %+v", f.Refusals)
				}
				blocks = append(blocks, f.Blocks...)
			}
			last, _ := s.OpenBlock()
			next := uint64(1)
			for _, b := range append(blocks, last) {
				if b.FirstSeq != next {
					t.Fatalf("a block begins at %d, the one before ended at %d", b.FirstSeq, next-1)
				}
				read(t, &b)
				next = b.LastSeq + 1
			}
			if next != s.seq+1 || len(blocks) < 9 {
				t.Fatalf("%d blocks up to %d of %d", len(blocks), next-1, s.seq)
			}
		})
	}
}

// largest is a trade and a status whose texts are as long as may be, where length says so.
func largest(i int64, length int) (*events.Batch, *events.Group) {
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	pad := strings.Repeat("y", length)
	b.Dictionary = []string{pad + strconv.FormatInt(i%1000, 10), pad + strconv.FormatInt(1000+i%1000, 10)}
	g := group(b, []events.Tick{{Kind: events.TradeTick, SourceSeq: 1<<63 + uint64(i)*3, EventTime: at0, ReceiveTime: 1 << (i % 63),
		Price: -1 << (i % 63), Size: 1 + i, Ref: 1, Venue: 1, Conditions: 2}},
		&outcryv1.TapeEvent{EventTimeNs: at0, Event: &outcryv1.TapeEvent_Status{
			Status: &outcryv1.TradingStatus{State: 1, Reason: strings.Repeat("r", 8*length)}}})
	g.Refs = []string{strings.Repeat("t", 1+length)}
	return b, g
}

// TestReadBlockStopsWhereItsReaderSays: a page of trades ends in the middle of a block.
func TestReadBlockStopsWhereItsReaderSays(t *testing.T) {
	s := define(t, "A")
	b, _ := s.OpenBlock()
	enough := errors.New("enough")
	if err := ReadBlock(1, b.Data, func(*BlockTick) error { return enough }); !errors.Is(err, enough) {
		t.Fatalf("got %v", err)
	}
}

// FuzzReadBlock: blocks come from a store that may have been damaged; garbage
// must give an error, not a panic or gigabytes.
func FuzzReadBlock(f *testing.F) {
	s := define(f, "A")
	var facts Facts
	b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
	b.Dictionary = []string{"XNAS", "@"}
	g := group(b, []events.Tick{
		{SourceSeq: 7, EventTime: at0, Price: 5, AskPrice: 6, Size: 1, AskSize: 2, Venue: 1},
		{SourceSeq: 8, EventTime: at0 + 5, ReceiveTime: at0 + 6, Absent: noAsk, Price: 5},
		{Kind: events.TradeTick, SourceSeq: 9, EventTime: at0, Price: 5, Size: 1, TradeID: 8, Venue: 1, Conditions: 2},
		{Kind: events.TradeTick, SourceSeq: 10, EventTime: at0, Price: 5, Size: 1, Ref: 1},
	}, &outcryv1.TapeEvent{EventTimeNs: at0, Event: &outcryv1.TapeEvent_Cancel{Cancel: &outcryv1.TradeCancel{TradeId: "8", TradeTimeNs: at0}}},
		&outcryv1.TapeEvent{EventTimeNs: at0, Event: &outcryv1.TapeEvent_Correction{Correction: &outcryv1.TradeCorrection{TradeTimeNs: at0, Size: 3}}},
		&outcryv1.TapeEvent{EventTimeNs: at0, Event: &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{State: 2, Reason: "r"}}})
	g.Refs = []string{"abc"}
	s.Fold(b, g, &facts)
	open, _ := s.OpenBlock()
	f.Add(open.Data)
	f.Add([]byte{blockVersion})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		ticks, text := 0, 0
		err := ReadBlock(1, data, func(bt *BlockTick) error {
			ticks++
			text += len(bt.TradeID)
			return nil
		})
		if ticks > blockTicks || text > len(data)+20*blockTicks {
			t.Fatalf("%d ticks and %d bytes of ids out of %d bytes", ticks, text, len(data))
		}
		if err == nil && len(data) == 0 {
			t.Fatal("nothing was taken for a block")
		}
	})
}

// TestBlockExample is the example of docs/formats/tick_blocks.md: other
// programs read blocks by that page.
func TestBlockExample(t *testing.T) {
	s := New("A")
	s.defined = true
	var f Facts
	b := batchOf(outcryv1.Mode_MODE_LIVE, 2000)
	b.Dictionary = []string{"XNAS"}
	s.Fold(b, group(b, []events.Tick{
		{SourceSeq: 1, EventTime: 1000, Price: 100, Size: 5, AskPrice: 102, AskSize: 7, Venue: 1},
		{Kind: events.TradeTick, SourceSeq: 9, EventTime: 1500, ReceiveTime: 1501, Price: 101, Size: 300, Side: 2, TradeID: 70},
	}), &f)
	open, _ := s.OpenBlock()
	want := "01 14021111 10 010458 4e4153 00 02 d007 c8 05 04 07 11122111 12 e803 02 ca 2c01 8c 02"
	if got := hex.EncodeToString(open.Data); got != strings.ReplaceAll(want, " ", "") {
		t.Fatalf("%s, want %s", got, want)
	}
}
