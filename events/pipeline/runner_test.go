package pipeline

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"outcry/events"
	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// One bad message among good ones must cost itself only, and say why and where it was.
func TestABadMessageBecomesPoisonAndTheOthersPass(t *testing.T) {
	h := newHouse(t, `{name: acme, define: auto}`)
	for i, bad := range []string{`{"instrument":"ACME","time":17,"price":NaN}`, `{`, "", "\xff\xfe", `[1]`, `{"instrument":"ACME","time":1700000000000000000,"price":"ten","size":1}`,
		`{"instrument":"A B","time":1700000000000000000,"price":1,"size":1}`, `{"price":` + strings.Repeat("1", 2<<20) + `}`, strings.Repeat("[", 100_000)} {
		h.topic.write(0, trade("ACME", i))
		h.topic.write(0, raw.Message{Key: []byte("k"), Value: []byte(bad), Headers: []raw.Header{{Name: "trace", Value: []byte("t1")}}})
	}
	h.start()
	h.topic.drained(t)
	c := h.adds()
	if c.In != 18 || c.Out != 9 || c.Poisoned != 9 || len(h.log.events) != 9 {
		t.Errorf("%+v, %d events", c, len(h.log.events))
	}
	entries := h.poison.waiting()
	if len(entries) != 9 {
		t.Fatalf("%d entries", len(entries))
	}
	for i, e := range entries {
		r := e.Record
		if r.Topic != "outcry.raw.acme" || r.Message.Offset != int64(2*i+1) || r.Reason == "" || r.Stage == "" || r.Pipeline != "acme" ||
			string(r.Message.Key) != "k" || r.Message.Header("trace") != "t1" {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
}

// Whoever restarts a node must not see an event twice, nor miss one, whatever failed at which moment.
func TestCrashesAndFailuresChangeNothingOfWhatArrives(t *testing.T) {
	for _, identity := range []string{"{by: offset}", "{by: key}", "{by: field, field: id}", "{by: auto}"} {
		rapid.Check(t, func(r *rapid.T) {
			h := newHouse(t, "{name: acme, define: auto, identity: "+identity+`, stages: [{drop: small, when: [[price, "=", 101.5]]}]}`)
			h.topic.batchMax = rapid.IntRange(1, 40).Draw(r, "batch")
			byID := identity != "{by: offset}" && identity != "{by: auto}"
			want := fill(r, h, byID)
			random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
			h.log.fail = func(bool) error {
				if random.IntN(6) == 0 {
					return errAway
				}
				return nil
			}
			h.poison.fail = func() error { return h.log.fail(false) }
			for range rapid.IntRange(0, 3).Draw(r, "crashes") {
				h.start()
				h.stop()
			}
			h.start()
			h.topic.drained(t)
			h.stop()
			h.adds()
			got := map[string]int{}
			for _, ev := range h.log.events {
				got[ev.GetTrade().GetTradeId()]++
			}
			for id, n := range want {
				if got[id] != n {
					r.Fatalf("%s came %d times instead of %d", id, got[id], n)
				}
			}
			if len(got) != len(want) {
				r.Fatalf("%d events instead of %d", len(got), len(want))
			}
		})
	}
}

// fill writes good, bad, unwanted and repeated messages and says what has to arrive how often.
func fill(r *rapid.T, h *house, byID bool) map[string]int {
	want := map[string]int{}
	var good []raw.Message
	for n := range rapid.IntRange(1, 120).Draw(r, "messages") {
		m := trade("ACME", n)
		m.Value = []byte(strings.Replace(string(m.Value), `"id"`, fmt.Sprintf(`"trade_id":"t%d","id"`, n), 1))
		m.Key = fmt.Appendf(nil, "t%d", n)
		partition := n % 2
		switch what := rapid.IntRange(0, 9).Draw(r, "what"); {
		case what == 0:
			m.Value = m.Value[:len(m.Value)/2]
		case what == 1 && len(good) > 0:
			m = good[rapid.IntRange(0, len(good)-1).Draw(r, "again")]
			var k int
			fmt.Sscanf(string(m.Key), "t%d", &k)
			partition = k % 2 // a key stays in its partition
			if !byID {
				want[string(m.Key)]++ // another offset is another event
			}
		case n%7 != 1: // else it is dropped as small
			want[fmt.Sprint("t", n)] = 1
			good = append(good, m)
		}
		h.topic.write(partition, m)
	}
	return want
}

// A producer that corrects a refused message under the same id must be heard.
func TestARepetitionOfARefusedMessageIsNoDuplicate(t *testing.T) {
	h := newHouse(t, "{name: acme, define: auto, identity: {by: field, field: id}}")
	times := 0
	h.log.refuse = func(ev *outcryv1.IngestEvent) string {
		if times++; times == 1 {
			return "the price is off its band"
		}
		return ""
	}
	for range 3 {
		h.topic.write(0, trade("ACME", 1))
	}
	h.start()
	h.topic.drained(t)
	if c := h.adds(); c.Out != 1 || c.Poisoned != 1 || c.Duplicates != 1 {
		t.Errorf("%+v", c)
	}
}

// The log refuses what the stages let through: it must be found again, not vanish.
func TestWhatTheLogRefusesBecomesPoison(t *testing.T) {
	h := newHouse(t, "{name: acme, definitions: d.csv}")
	h.env.ReadFile = func(string) ([]byte, error) {
		return []byte("instrument,price_exponent,size_exponent\nACME,-2,0\n"), nil
	}
	h.log.refuse = func(ev *outcryv1.IngestEvent) string {
		if ev.GetTrade().GetPrice() == 10250 {
			return "the price is off its band"
		}
		return ""
	}
	for n := range 21 {
		h.topic.write(n%2, trade("ACME", n))
	}
	h.topic.write(0, trade("OTHER", 1))
	h.start()
	h.topic.drained(t)
	if c := h.adds(); c.Out != 18 || c.Poisoned != 4 {
		t.Errorf("%+v", c)
	}
	for _, e := range h.poison.waiting() {
		if e.Record.Reason == "the price is off its band" && e.Record.Stage == "log" {
			continue
		}
		if !strings.Contains(e.Record.Reason, "OTHER is not defined: give the pipeline definitions") {
			t.Errorf("%+v", e.Record)
		}
	}
}

// A definition that did not arrive has to be sent again, else all its instrument's events are refused.
func TestDefinitionsAreSentAgainAfterAFailure(t *testing.T) {
	h := newHouse(t, "{name: acme, define: auto}")
	calls := 0
	h.log.fail = func(after bool) error {
		if calls++; calls == 1 {
			return errAway
		}
		return nil
	}
	h.topic.write(0, trade("ACME", 1))
	h.start()
	h.topic.drained(t)
	if c := h.adds(); c.Out != 1 || h.failed != 1 {
		t.Errorf("%+v, %d failed", c, h.failed)
	}
}

// A log that is away for long must neither lose nor poison anything: the topic waits.
func TestALogThatIsAwayHoldsTheTopicBack(t *testing.T) {
	h := newHouse(t, "{name: acme, define: auto}")
	const tries = 20 // more than Retry.Tries
	back := make(chan struct{})
	calls := 0
	h.log.fail = func(after bool) error {
		if calls++; calls == tries {
			close(back)
		}
		if calls < tries {
			return errAway
		}
		return nil
	}
	for n := range 200 {
		h.topic.write(0, trade("ACME", n))
	}
	h.start()
	<-back
	h.topic.drained(t)
	if c := h.adds(); c.Out != 200 || c.In != 200 || h.failed != tries-1 {
		t.Errorf("%+v after %d failures", c, h.failed)
	}
}

// An error that never passes would stop the partition for ever; it must stand in the poison
// topic whole, and what is in the log all the same must not count twice when it is replayed.
func TestAHopelessBatchGoesToThePoisonTopicAndItsReplayCountsOnce(t *testing.T) {
	h := newHouse(t, "{name: acme, define: auto}")
	calls := 0
	h.log.fail = func(after bool) error {
		if calls++; after && calls == 4 { // the definition was two, this is the batch: folded, and then said to be impossible
			return fmt.Errorf("%w: no such source", ErrPermanent)
		}
		return nil
	}
	for n := range 5 {
		h.topic.write(0, trade("ACME", n))
	}
	h.start()
	h.topic.drained(t)
	if c := h.adds(); c.Poisoned != 5 || c.Out != 0 || len(h.log.events) != 5 {
		t.Fatalf("%+v, %d events", c, len(h.log.events))
	}
	h.replay()
	h.topic.drained(t)
	if c := h.adds(); c.Duplicates != 5 || len(h.log.events) != 5 {
		t.Errorf("%+v, %d events", c, len(h.log.events))
	}
}

// replay sends everything that waits to its topic again.
func (h *house) replay() {
	h.t.Helper()
	for _, e := range h.poison.waiting() {
		r, err := poison.Read(&h.poison.records[e.ID])
		if err != nil {
			h.t.Fatal(err)
		}
		m, err := r.Replay(IdentityHeader)
		if err != nil {
			h.t.Fatal(err)
		}
		h.topic.write(int(r.Partition), m)
	}
}

// Whoever mends the configuration and replays must get each event in once, however late and however often.
func TestReplaysArriveOnceHoweverOftenTheyAreSent(t *testing.T) {
	for _, identity := range []string{"auto", "sequence"} {
		h := newHouse(t, "{name: acme, identity: {by: "+identity+"}}")
		const n = 9000 // more than the fold's window tells
		h.log.defined["ACME"] = &outcryv1.Definition{PriceExponent: -2}
		h.env.Accepted = func(id string) (*outcryv1.Definition, error) { return h.log.defined[id], nil }
		h.topic.batchMax = 1000
		for i := range n {
			m := trade("ACME", i)
			if i%90 == 0 {
				m = trade("NEW", i)
			}
			m.Value = []byte(strings.Replace(string(m.Value), `"id"`, fmt.Sprintf(`"source_seq":%d,"id"`, i+1), 1))
			h.topic.write(0, m)
		}
		h.start()
		h.topic.drained(t)
		if c := h.adds(); c.Poisoned != 100 || c.Out != n-100 {
			t.Fatalf("%+v", c)
		}
		h.stop()
		h.log.defined["NEW"] = &outcryv1.Definition{PriceExponent: -2}
		h.start()
		h.replay()
		h.replay()
		h.topic.drained(t)
		if c := h.adds(); c.Out != n || c.Duplicates != 100 || c.Late != 0 {
			t.Errorf("%s: %+v", identity, c)
		}
		h.stop()
	}
}

// A stage of somebody's own with a fault costs the messages that it falls over, and says which stage it was.
func TestAStageThatPanicsCostsItsMessageOnly(t *testing.T) {
	h := newHouse(t, "{name: acme, define: auto, stages: [{use: mine}]}")
	h.env.Custom = map[string]stage.Maker{"mine": func(map[string]any) (stage.Stage, error) {
		return stage.Func(func(r stage.Row) error {
			if r["id"] == "t3" {
				panic("index out of range")
			}
			return nil
		}), nil
	}}
	for n := range 6 {
		h.topic.write(0, trade("ACME", n))
	}
	h.start()
	h.topic.drained(t)
	c := h.adds()
	entries := h.poison.waiting()
	if c.Out != 5 || len(entries) != 1 || entries[0].Record.Stage != "stage 1 (use)" || !strings.Contains(entries[0].Record.Reason, "index out of range") {
		t.Errorf("%+v, %+v", c, entries)
	}
}

// A topic that was deleted and made again begins at offset 0: its messages are new ones.
func TestATopicThatWasMadeAgainIsAnotherSource(t *testing.T) {
	h := newHouse(t, "{name: acme, define: auto}")
	h.topic.write(0, trade("ACME", 1))
	h.start()
	h.topic.drained(t)
	h.stop()
	h.topic.epoch, h.topic.partitions, h.topic.committed = "e2", make([][]raw.Message, 2), make([]int64, 2)
	h.topic.write(0, trade("ACME", 2))
	h.start()
	h.topic.drained(t)
	if c := h.adds(); c.Out != 2 {
		t.Errorf("%+v", c)
	}
}

// The log names a refused event by its entity and sequence: two of the same in one
// request, and the wrong one would be taken for poison.
func TestNoRequestHoldsTwoEventsThatARefusalCouldNotTellApart(t *testing.T) {
	price := int64(1)
	passed := func(epoch, id string, seq uint64, quote bool) Outcome {
		ev := &outcryv1.IngestEvent{Id: id, Event: &outcryv1.IngestEvent_Trade{Trade: &outcryv1.Trade{SourceSeq: seq}}}
		if quote {
			ev.Event = &outcryv1.IngestEvent_Quote{Quote: &outcryv1.Quote{SourceSeq: seq, BidPrice: &price}}
		}
		return Outcome{Epoch: epoch, Event: ev}
	}
	all := requests([]Outcome{passed("a", "X", 1, false), passed("a", "X", 1, true), passed("b", "X", 1, false), {Kind: Filtered}, passed("a", "Y", 1, true),
		passed("a", "X", 2, true), passed("a", "X", 1, false)}, func(int) bool { return true })
	var got []string
	for _, r := range all {
		text := r.epoch
		for _, ev := range r.events {
			text += fmt.Sprintf(" %s%d", ev.Id, events.SourceSeqOf(ev))
		}
		got = append(got, text)
	}
	if s := strings.Join(got, ", "); s != "a X1 Y1 X2, a X1, b X1, a X1" {
		t.Error(s)
	}
}
