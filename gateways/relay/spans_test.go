package relay

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/actors/instrument"
	"outcry/events"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// told is a session that adds up what it is told, and what it ought to have been told.
type told struct {
	place      Place
	seq        uint64
	got, want  instrument.Bar // all minutes together
	gap, wants bool
}

func (s *told) take(t *rapid.T, u *outcryv1.Update) {
	t.Helper()
	if events := max(u.GetMerged().GetEvents(), 1); !u.GetSnapshot() && u.GetSeq() > s.seq && s.seq+events != u.GetSeq() {
		t.Fatalf("after %d came %v", s.seq, u)
	}
	s.seq, s.gap = u.GetSeq(), s.gap || u.GetMerged().GetGap()
	for _, m := range u.GetMerged().GetMinutes() {
		bar := instrument.BarOf(m)
		addTo(&s.got, &bar)
	}
}

// addTo sums what can be summed in any order.
func addTo(sum, b *instrument.Bar) {
	if sum.Trades == 0 {
		sum.High, sum.Low, sum.FirstSeq = b.High, b.Low, b.FirstSeq
	}
	sum.High, sum.Low, sum.FirstSeq, sum.LastSeq = max(sum.High, b.High), min(sum.Low, b.Low), min(sum.FirstSeq, b.FirstSeq), max(sum.LastSeq, b.LastSeq)
	sum.Volume, sum.BuyVolume, sum.Trades, sum.Turnover = sum.Volume+b.Volume, sum.BuyVolume+b.BuyVolume, sum.Trades+b.Trades, sum.Turnover.Add(b.Turnover)
}

// Breaks for users: a client that is slower than its neighbours is told their trades,
// or not its own: its volume is wrong for the rest of the day.
func TestEachSessionIsToldWhatItMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newTestFloor()
		f.known = func(string) bool { return false }
		in, err := New(Config{Floor: f}).Instrument("A", 0)
		if err != nil {
			t.Fatal(err)
		}
		state, facts, view := instrument.New("A"), &instrument.Facts{WantTally: true}, &instrument.View{}
		fold := func(told bool, g events.Group) {
			facts.Reset()
			state.Fold(&events.Batch{Header: events.Header{Source: "s", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: ingest}}, &g, facts)
			state.View(view)
			if told {
				f.sinks["A"].ChangeInstrument(view, facts)
			}
		}
		fold(true, events.Group{Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{
			{Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{}}}}})
		sessions := slices.Repeat([]told{{place: in.Place(wire.Quote)}}, 4)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			s := &sessions[rapid.IntRange(0, len(sessions)-1).Draw(t, "session")]
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				s.place.Leave()
				*s = told{place: in.Place(wire.Quote)}
			case 1, 2, 3:
				if s.place.New() {
					s.take(t, read(t, wire.Binary, appended(wire.Binary, &s.place)))
				}
			case 4:
				fold(true, events.Group{Ticks: []events.Tick{{Kind: events.QuoteTick, EventTime: ingest}}})
			default:
				known := rapid.IntRange(0, 9).Draw(t, "known") > 0
				fold(known, events.Group{Ticks: []events.Tick{{Kind: events.TradeTick, EventTime: ingest - rapid.Int64Range(0, 200).Draw(t, "ago")*1_000_000_000,
					Price: rapid.Int64Range(-5, 5).Draw(t, "price"), Size: rapid.Int64Range(1, 9).Draw(t, "size"), Side: 1}}})
				for i := range sessions {
					if s := &sessions[i]; s.place.Shown() {
						s.wants = s.wants || !known
						bar := facts.Tally.Minute(0)
						if known {
							addTo(&s.want, &bar)
						}
					}
				}
				if !known { // what comes next is told: then the one before is missed
					fold(true, events.Group{Ticks: []events.Tick{{Kind: events.QuoteTick, EventTime: ingest}}})
				}
			}
		}
		stand := 0
		for i := range sessions {
			s := &sessions[i]
			if !s.place.Shown() {
				continue
			}
			stand++
			if s.place.New() {
				s.take(t, read(t, wire.Binary, appended(wire.Binary, &s.place)))
			}
			if diff := cmp.Diff(s.want, s.got); diff != "" || s.gap != s.wants {
				t.Fatalf("session %d: gap %v, want %v; %s", i, s.gap, s.wants, diff)
			}
		}
		wantSpans(t, in, stand)
		for i := range sessions {
			sessions[i].place.Leave()
		}
		wantSpans(t, in, 0)
	})
}

// wantSpans demands one span where all sessions were told everything, and none without sessions.
func wantSpans(t *rapid.T, in *Instrument, stand int) {
	t.Helper()
	spans, all := 0, 0
	for id := in.cache.spans.first; id != 0; id = in.cache.spans.at(id).next {
		spans, all = spans+1, all+int(in.cache.spans.at(id).stand)
	}
	if all != stand || spans != min(stand, 1) {
		t.Fatalf("%d spans with %d sessions are kept, want %d sessions", spans, all, stand)
	}
}
