package instrument

import (
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// lender gives strings whose memory it takes back, as a careless decoder would.
type lender struct{ lent [][]byte }

func (l *lender) text(s string) string {
	b := []byte(s)
	l.lent = append(l.lent, b)
	return unsafe.String(&b[0], len(b))
}

func (l *lender) poison() {
	for _, b := range l.lent {
		for i := range b {
			b[i] = '!'
		}
	}
}

// drawTick draws an input of any kind at a time near base.
func drawTick(t *rapid.T, l *lender, base, spread int64, words int) (events.Tick, *outcryv1.TapeEvent) {
	at := base + rapid.Int64Range(-spread, spread).Draw(t, "at")
	tick := events.Tick{SourceSeq: rapid.Uint64Range(0, 400).Draw(t, "seq"), EventTime: at,
		Venue: uint16(rapid.IntRange(0, words).Draw(t, "venue")), Conditions: uint16(rapid.IntRange(0, words).Draw(t, "conditions"))}
	if rapid.Bool().Draw(t, "received") {
		tick.ReceiveTime = at + rapid.Int64Range(-1000, 1000).Draw(t, "lag")
	}
	tick.Price = rapid.Int64Range(-3, 300).Draw(t, "price")
	tick.Size = rapid.Int64Range(-1, 1000).Draw(t, "size")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1, 2, 3:
		tick.AskPrice, tick.AskSize = rapid.Int64().Draw(t, "ask"), rapid.Int64Range(-1, 1<<40).Draw(t, "asksize")
		tick.Absent = rapid.SampledFrom([]uint8{0, 0, 0, 1, 2, 3, 8, 12, 15, 16}).Draw(t, "absent")
	case 4, 5, 6, 7:
		tick.Kind, tick.Side = events.TradeTick, rapid.Uint8Range(0, 3).Draw(t, "side")
		tick.TradeID = rapid.Int64Range(0, 3).Draw(t, "id")
		if tick.TradeID == 0 {
			tick.Ref = uint32(rapid.IntRange(0, 2).Draw(t, "ref"))
		}
	case 8:
		return events.Tick{Kind: events.EventTick}, &outcryv1.TapeEvent{SourceSeq: tick.SourceSeq, EventTimeNs: at, Event: &outcryv1.TapeEvent_Cancel{
			Cancel: &outcryv1.TradeCancel{TradeId: l.text("x"), TradeTimeNs: at - rapid.Int64Range(0, spread).Draw(t, "ago")}}}
	case 9:
		return events.Tick{Kind: events.EventTick}, &outcryv1.TapeEvent{SourceSeq: tick.SourceSeq, EventTimeNs: at, Event: &outcryv1.TapeEvent_Status{
			Status: &outcryv1.TradingStatus{State: outcryv1.TradingState(rapid.IntRange(0, 5).Draw(t, "state")), Reason: l.text("why")}}}
	}
	return tick, nil
}

// drawBatch draws one group; sources are few so that sequences meet again.
func drawBatch(t *rapid.T, l *lender, now, spread int64) *events.Batch {
	b := batchOf(outcryv1.Mode(rapid.IntRange(1, 2).Draw(t, "mode")), now)
	b.Source, b.Epoch = l.text(rapid.StringMatching("[a-t]").Draw(t, "source")), l.text("1")
	b.Dictionary = []string{l.text("XNAS"), l.text("@"), l.text("@I")}
	g := events.Group{Instrument: "A", Refs: []string{l.text("first"), l.text("second")}}
	for range rapid.IntRange(1, 6).Draw(t, "ticks") {
		tick, ev := drawTick(t, l, now, spread, len(b.Dictionary))
		if ev != nil {
			tick.Ref = uint32(len(g.Events))
			g.Events = append(g.Events, ev)
		}
		g.Ticks = append(g.Ticks, tick)
	}
	b.Instruments = []events.Group{g}
	return b
}

// copyOf is the batch in memory of its own.
func copyOf(b *events.Batch) *events.Batch {
	c := *b
	g := b.Instruments[0]
	c.Source, c.Epoch = strings.Clone(b.Source), strings.Clone(b.Epoch)
	c.Dictionary, g.Refs, g.Ticks = slices.Clone(b.Dictionary), slices.Clone(g.Refs), slices.Clone(g.Ticks)
	for _, words := range [][]string{c.Dictionary, g.Refs} {
		for i := range words {
			words[i] = strings.Clone(words[i])
		}
	}
	g.Events = slices.Clone(g.Events)
	for i, e := range g.Events {
		data, err := proto.Marshal(e)
		if err != nil {
			panic(err)
		}
		g.Events[i] = new(outcryv1.TapeEvent)
		if err := proto.Unmarshal(data, g.Events[i]); err != nil {
			panic(err)
		}
	}
	c.Instruments = []events.Group{g}
	return &c
}

// TestRestoreAnywhereChangesNothing: after a restart from any snapshot, hashes,
// facts and answers must be those of the server that never stopped, or standbys
// and replays would disagree with the owner, and clients with both. Nor may the
// state see what becomes of a batch's memory after the fold.
func TestRestoreAnywhereChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, parts := define(t, "A"), define(t, "A")
		now := int64(at0) + 12*3600*second
		spread := rapid.SampledFrom([]int64{second, 90 * second, 200 * 60 * second}).Draw(t, "spread")
		want, got := Facts{WantTrades: true, WantTally: true}, Facts{WantTrades: true, WantTally: true}
		for range rapid.IntRange(1, 40).Draw(t, "groups") {
			now += rapid.SampledFrom([]int64{0, 1, second / 3, 3 * second, 61 * second, 3600 * second}).Draw(t, "later")
			want.Reset()
			got.Reset()
			if rapid.IntRange(0, 4).Draw(t, "advance") == 0 {
				whole.Advance(now, &want)
				parts.Advance(now, &got)
			} else {
				var l lender
				b := drawBatch(t, &l, now, spread)
				c := copyOf(b)
				whole.Fold(c, &c.Instruments[0], &want)
				parts.Fold(b, &b.Instruments[0], &got)
				clear(b.Instruments[0].Ticks)
				l.poison()
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Facts{}), cmp.AllowUnexported(Tally{}, minute{}, sums{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("facts differ: %s", diff)
			}
			if rapid.Bool().Draw(t, "restore") {
				parts = restored(t, parts)
			}
			sameState(t, whole, parts)
			if due := whole.Deadline(); due != 0 && due <= now {
				t.Fatalf("at %d something is still due since %d: the shard would append clock records for ever", now, due)
			}
		}
	})
}

func restored(t rapid.TB, s *State) *State {
	t.Helper()
	snapshot := s.Snapshot(nil)
	r, err := Restore("A", snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for i := range snapshot {
		snapshot[i] = 0xee // nothing of it may be kept
	}
	return r
}

func sameState(t rapid.TB, a, b *State) {
	t.Helper()
	var va, vb View
	a.View(&va)
	b.View(&vb)
	if diff := cmp.Diff(va, vb); diff != "" {
		t.Fatalf("views differ: %s", diff)
	}
	if a.Hash() != b.Hash() || a.Deadline() != b.Deadline() {
		t.Fatalf("hashes %s and %s, deadlines %d and %d", a.Hash(), b.Hash(), a.Deadline(), b.Deadline())
	}
	if x, y := a.Snapshot(nil), b.Snapshot(nil); !slices.Equal(x, y) {
		t.Fatalf("snapshots differ:\n%x\n%x", x, y)
	}
	ba, _ := a.OpenBlock()
	bb, _ := b.OpenBlock()
	if diff := cmp.Diff(ba, bb); diff != "" {
		t.Fatalf("open blocks differ: %s", diff)
	}
}
