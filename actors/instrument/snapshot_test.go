package instrument

import (
	"bytes"
	"testing"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// busy is an instrument with something of everything.
func busy(t testing.TB) *State {
	t.Helper()
	s := define(t, "A")
	var f Facts
	for i := range int64(200) {
		b := batchOf(outcryv1.Mode(1+(i/20+1)%2), at0+i*2*second)
		b.Source = string(rune('a' + i%20))
		b.Dictionary = []string{"XNAS", "@"}
		g := group(b, []events.Tick{
			{SourceSeq: uint64(2 * i), EventTime: at0 + i*2*second, Price: 5 + i, AskPrice: 6 + i, Size: 1, AskSize: 2, Venue: 1},
			{Kind: events.TradeTick, SourceSeq: uint64(3 * i), EventTime: at0 + i*second, Price: 5 - i, Size: 1, TradeID: 8, Conditions: 2, Side: 1},
		}, &outcryv1.TapeEvent{SourceSeq: uint64(i), EventTimeNs: at0 + i*second, Event: &outcryv1.TapeEvent_Cancel{
			Cancel: &outcryv1.TradeCancel{TradeId: "8", TradeTimeNs: at0 + i*second/2}}})
		s.Fold(b, g, &f)
	}
	if f.Refused > 0 || len(f.Closed) == 0 || len(f.Blocks) == 0 {
		t.Fatalf("not busy: %+v", f.Refusals)
	}
	return s
}

// FuzzRestore: a snapshot part that was damaged must be refused, or be a
// state that goes on folding; otherwise a restart panics again and again.
func FuzzRestore(f *testing.F) {
	f.Add(New("A").Snapshot(nil))
	f.Add(define(f, "A").Snapshot(nil))
	f.Add(busy(f).Snapshot(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Restore("A", data)
		if err != nil {
			return
		}
		if got := s.Snapshot(nil); !bytes.Equal(got, data) {
			t.Fatalf("restored from\n%x, its snapshot is\n%x", data, got)
		}
		var facts Facts
		var v View
		b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
		g := group(b, []events.Tick{
			{SourceSeq: 1 << 40, EventTime: at0, Price: 1, AskPrice: 2},
			{Kind: events.TradeTick, SourceSeq: 1 << 40, EventTime: at0, Price: 1, Size: 1, Side: 1},
		}, definition(1, 1))
		s.Fold(b, g, &facts)
		s.Advance(at0+3600*second, &facts)
		s.View(&v)
		if got := facts.Accepted + facts.Duplicates + facts.Late + facts.Refused; got != 3 {
			t.Fatalf("%d of 3 inputs are accounted for", got)
		}
		s.Snapshot(nil)
	})
}

// TestRestoreRefusesDamage: a cut snapshot must be refused, and a flipped byte must
// never read as what was there before. None may panic.
func TestRestoreRefusesDamage(t *testing.T) {
	whole := busy(t).Snapshot(nil)
	for n := 0; n < len(whole); n += 1 + n/64 {
		if _, err := Restore("A", whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a snapshot", n, len(whole))
		}
	}
	if _, err := Restore("A", append(bytes.Clone(whole), 0)); err == nil {
		t.Fatal("a byte too many was overlooked")
	}
	for i := 0; i < len(whole); i += 1 + i/64 {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x81
		if s, err := Restore("A", damaged); err == nil && bytes.Equal(s.Snapshot(nil), whole) {
			t.Fatalf("a flipped byte %d changed nothing", i)
		}
	}
}

// TestGoldenHash: a log of this version must fold to the same state in every
// later one. If this fails, old logs replay to something else: add a rule-set
// version instead of changing the number.
func TestGoldenHash(t *testing.T) {
	const want = "0165ec006617e8a543080c80d8336f92"
	s := busy(t)
	if got := s.Hash().String(); got != want {
		t.Errorf("the hash is %s, was %s", got, want)
	}
	s.Advance(at0+3600*second, new(Facts))
	if got, want := s.Hash().String(), "e5f043192d2f31a9dcd437be4130cd12"; got != want {
		t.Errorf("after an hour the hash is %s, was %s", got, want)
	}
}

// TestTheHashMovesWithWhatIsDecided: what two members count differently must
// show in their hashes; what changed nothing must not, or a member that never saw an
// idle entity's clock record would differ from one that did.
func TestTheHashMovesWithWhatIsDecided(t *testing.T) {
	s := define(t, "A")
	fold := func(ticks ...events.Tick) bool {
		before := s.Hash()
		b := batchOf(outcryv1.Mode_MODE_LIVE, at0)
		s.Fold(b, group(b, ticks), new(Facts))
		return s.Hash() != before
	}
	quote := events.Tick{SourceSeq: 1, EventTime: at0, Price: 1, AskPrice: 2}
	if !fold(quote) {
		t.Error("a quote did not move the hash")
	}
	if !fold(quote) {
		t.Error("a duplicate did not move the hash")
	}
	if fold() || fold(events.Tick{EventTime: -1}) {
		t.Error("nothing or a refusal moved the hash")
	}
	snapshot := s.Snapshot(nil)
	if s.Advance(s.Deadline()-1, new(Facts)); !bytes.Equal(snapshot, s.Snapshot(nil)) {
		t.Error("time alone changed the state before anything was due")
	}
	before := s.Hash()
	if s.Advance(s.Deadline(), new(Facts)); s.Hash() == before {
		t.Error("what was due did not move the hash")
	}
}
