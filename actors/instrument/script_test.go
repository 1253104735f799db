package instrument

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

// TestScriptsTellTheRules: the rules of the tape as stories. Where one of them
// changes unasked, users see other prices, bars or counts than they did before.
//
// A script is steps: lines after "when" are folded as one group (a line live or
// import begins the batch, advance passes time alone), lines after "then" are what
// came of it. Times are of 2024-08-08 (+1 is the day after).
func TestScriptsTellTheRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// script plays steps on one instrument.
type script struct {
	t     *testing.T
	state *State
	facts Facts
	batch *events.Batch
	ticks []events.Tick
	refs  []string
	evs   []*outcryv1.TapeEvent
	out   []string
}

func play(t *testing.T, text string) string {
	s := &script{t: t, state: New("A")}
	var shown []string
	skipping := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "then":
			skipping = true
			s.fold()
			shown = append(append(append(shown, line), s.out...), "")
			s.out = nil
		case line == "":
			if !skipping {
				shown = append(shown, line)
			}
			skipping = false
		case skipping:
		default:
			shown = append(shown, line)
			if line != "when" && line[0] != '#' {
				s.do(strings.Fields(line))
			}
		}
	}
	return strings.TrimRight(strings.Join(shown, "\n"), "\n") + "\n"
}

// do takes one line: a word, then name=value.
func (s *script) do(words []string) {
	switch words[0] {
	case "live", "import":
		mode := outcryv1.Mode_MODE_LIVE
		if words[0] == "import" {
			mode = outcryv1.Mode_MODE_IMPORT
		}
		s.fold()
		s.batch = batchOf(mode, s.time(words[1]))
		for _, w := range words[2:] {
			name, value, _ := strings.Cut(w, "=")
			*map[string]*string{"source": &s.batch.Source, "epoch": &s.batch.Epoch}[name] = value
		}
	case "advance":
		s.fold()
		s.state.Advance(s.time(words[1]), &s.facts)
		s.report()
	case "restore":
		s.fold()
		restored, err := Restore("A", s.state.Snapshot(nil))
		if err != nil {
			s.t.Fatal(err)
		}
		s.state = restored
	case "show":
		s.fold()
		for _, what := range words[1:] {
			s.show(what)
		}
	default:
		times := 1
		fields := map[string]string{}
		for _, w := range words[1:] {
			name, value, _ := strings.Cut(w, "=")
			fields[name] = value
		}
		if n := fields["times"]; n != "" {
			times = int(s.number(n))
		}
		for i := range times {
			s.tick(words[0], fields, int64(i))
		}
	}
}

// tick adds an input; the i-th repetition of a line (times=) is i seconds and
// sequences later.
func (s *script) tick(kind string, f map[string]string, i int64) {
	seq, at, received := uint64(s.number(f["seq"])), s.time(f["at"]), s.time(f["received"])
	if seq != 0 {
		seq, at = seq+uint64(i), at+i*second
	}
	tick := events.Tick{SourceSeq: seq, EventTime: at, ReceiveTime: received, Venue: s.word(f["venue"]), Conditions: s.word(f["conditions"])}
	event := &outcryv1.TapeEvent{SourceSeq: seq, EventTimeNs: at, ReceiveTimeNs: received}
	switch kind {
	case "quote":
		tick.Price, tick.Size, tick.Absent = s.side(f["bid"], 0)
		var absent uint8
		tick.AskPrice, tick.AskSize, absent = s.side(f["ask"], 2)
		tick.Absent |= absent
	case "trade":
		tick.Kind, tick.Price, tick.Size = events.TradeTick, s.number(f["price"]), s.number(f["size"])
		tick.Side = map[string]uint8{"": 0, "buy": 1, "sell": 2, "odd": 3}[f["side"]]
		if id, err := strconv.ParseInt(f["id"], 10, 64); err == nil {
			tick.TradeID = id
		} else if f["id"] != "" {
			s.refs = append(s.refs, f["id"])
			tick.Ref = uint32(len(s.refs))
		}
	case "define":
		event.Event = &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{PriceExponent: int32(s.number(f["price"])),
			SizeExponent: int32(s.number(f["size"])), Currency: f["currency"], Calendar: f["calendar"]}}
	case "cancel":
		event.Event = &outcryv1.TapeEvent_Cancel{Cancel: &outcryv1.TradeCancel{TradeId: f["id"], TradeTimeNs: s.time(f["of"])}}
	case "correct":
		event.Event = &outcryv1.TapeEvent_Correction{Correction: &outcryv1.TradeCorrection{TradeId: f["id"], TradeTimeNs: s.time(f["of"]),
			Price: s.number(f["price"]), Size: s.number(f["size"])}}
	case "status":
		state := outcryv1.TradingState(outcryv1.TradingState_value["TRADING_STATE_"+f["state"]])
		event.Event = &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{State: state, Reason: f["reason"]}}
	default:
		s.t.Fatalf("unknown line %q", kind)
	}
	if event.Event != nil {
		tick = events.Tick{Kind: events.EventTick, Ref: uint32(len(s.evs))}
		s.evs = append(s.evs, event)
	}
	s.ticks = append(s.ticks, tick)
}

func (s *script) fold() {
	if len(s.ticks) == 0 {
		return
	}
	s.state.Fold(s.batch, &events.Group{Instrument: "A", Ticks: s.ticks, Refs: s.refs, Events: s.evs}, &s.facts)
	s.ticks, s.refs, s.evs = nil, nil, nil
	s.report()
}

// time reads 15:04:05.5 or 15:04:05.5+1 (a day later); empty is 0.
func (s *script) time(text string) int64 {
	if text == "" {
		return 0
	}
	text, days, _ := strings.Cut(text, "+")
	t, err := time.Parse("15:04:05.999999999", text)
	if err != nil {
		s.t.Fatal(err)
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	return at0 + t.Sub(midnight).Nanoseconds() + s.number(days)*day
}

func (s *script) number(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// side reads 100x5, 100 (no size), x5 (no price) or nothing.
func (s *script) side(text string, shift int) (price, size int64, absent uint8) {
	p, q, _ := strings.Cut(text, "x")
	if p == "" {
		absent |= events.NoBidPrice << shift
	}
	if q == "" {
		absent |= events.NoBidSize << shift
	}
	return s.number(p), s.number(q), absent
}

func (s *script) word(text string) uint16 {
	if text == "" {
		return 0
	}
	s.batch.Dictionary = append(s.batch.Dictionary, text)
	return uint16(len(s.batch.Dictionary))
}
