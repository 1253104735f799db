package wire

import (
	"slices"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// views have every field set to anything, also to what no fold would say.
var views = rapid.Make[instrument.View]()

func drawUpdate(t *rapid.T) *Update {
	v := views.Draw(t, "view")
	u := &Update{Slot: Slot(rapid.IntRange(0, Slots-1).Draw(t, "slot")), Snapshot: rapid.Bool().Draw(t, "snapshot"), View: &v}
	if rapid.Bool().Draw(t, "stale") {
		u.Stale = Staleness{Since: rapid.Int64().Draw(t, "since"), Reason: outcryv1.StaleReason(rapid.Int32Range(1, 3).Draw(t, "reason"))}
	}
	return u
}

// text has lengths around those at which a message's length needs another byte.
var text = rapid.Custom(func(t *rapid.T) string {
	n := rapid.SampledFrom([]int{0, 1, 90, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16370, 16384}).Draw(t, "length")
	return string(slices.Repeat([]byte("x"), n))
})

func drawBody(t *rapid.T, seq uint64) (proto.Message, *outcryv1.Item) {
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		m := &outcryv1.Message{Room: "r", Seq: seq, User: "an", Text: &outcryv1.Text{Data: []byte(text.Draw(t, "text"))}}
		return m, &outcryv1.Item{Item: &outcryv1.Item_Message{Message: m}}
	case 1:
		bar := rapid.Make[instrument.Bar]().Draw(t, "bar")
		b := bar.Proto("A", instrument.Minute)
		return b, &outcryv1.Item{Item: &outcryv1.Item_Bar{Bar: b}}
	default:
		trade := rapid.Make[instrument.Trade]().Draw(t, "trade")
		tr := trade.Proto()
		return tr, &outcryv1.Item{Item: &outcryv1.Item_Trade{Trade: tr}}
	}
}

// decode reads what was written with the generated code.
func decode(t rapid.TB, e Encoding, p []byte) *outcryv1.ServerFrames {
	t.Helper()
	got := &outcryv1.ServerFrames{}
	var err error
	if e == JSON {
		err = protojson.Unmarshal(p, got)
	} else {
		err = proto.Unmarshal(p, got)
	}
	if err != nil {
		t.Fatalf("a client cannot read %q: %v", p, err)
	}
	return got
}

func same(t rapid.TB, want, got *outcryv1.ServerFrames) {
	t.Helper()
	if !proto.Equal(want, got) { // a hundred times quicker than the difference
		t.Fatal(cmp.Diff(want, got, protocmp.Transform()))
	}
}

// tallyOf sums trades at so many seconds, as the fold does.
func tallyOf(seconds ...int64) *instrument.Tally {
	s, facts := instrument.New("A"), &instrument.Facts{WantTally: true}
	header := events.Header{Source: "s", Epoch: "1", Mode: outcryv1.Mode_MODE_IMPORT, IngestTime: 1_700_000_000_000_000_000}
	definition := &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{}}}
	g := events.Group{Instrument: "A", Events: []*outcryv1.TapeEvent{definition}, Ticks: []events.Tick{{Kind: events.EventTick}}}
	for i, at := range seconds {
		g.Ticks = append(g.Ticks, events.Tick{Kind: events.TradeTick, EventTime: at * 1_000_000_000, Price: int64(100 + i), Size: int64(1 + i), Side: uint8(i % 3)})
	}
	s.Fold(&events.Batch{Header: header}, &g, facts)
	return &facts.Tally
}

func drawMerged(t *rapid.T) *Merged {
	m := &Merged{Events: rapid.SampledFrom([]uint64{0, 1, 2, 300, 1 << 40}).Draw(t, "events"), Gap: rapid.Bool().Draw(t, "gap")}
	if rapid.Bool().Draw(t, "trades") {
		// More minutes than are told apart, now and then.
		m.Trades = tallyOf(rapid.SliceOfN(rapid.Int64Range(1, 9000), 0, 120).Draw(t, "seconds")...)
	}
	return m
}
