package udf

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/gateways/reads"
	"outcry/projections/sqlite"
	outcryv1 "outcry/proto/outcry/v1"
)

// exchange has one instrument that trades on a Friday and again on Monday. Its
// bars are all in the actor's memory.
type exchange struct {
	*reads.Reads
	tape *instrument.State
}

func (x *exchange) Instrument(_ context.Context, id string, fn func(*instrument.State)) error {
	if id != "ACME" {
		fn(nil)
		return nil
	}
	fn(x.tape)
	return nil
}

func (x *exchange) Room(context.Context, string, func(*room.State)) error { return nil }

const (
	friday = 1_699_574_400 // 2023-11-10, a UTC midnight
	monday = friday + 3*86_400
)

// minutes are the open times of its bars.
var minutes = []int64{friday + 600, friday + 660, friday + 900, friday + 960, monday, monday + 60, monday + 120}

func newExchange(t *testing.T) *exchange {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "rows.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	x := &exchange{tape: instrument.New("ACME")}
	x.Reads = reads.New(x, store)
	group := events.Group{Instrument: "ACME", Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{{EventTimeNs: friday * 1e9,
		Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{PriceExponent: -2, Currency: "USD", Calendar: "24x7"}}}}}
	for i, at := range minutes {
		group.Ticks = append(group.Ticks, events.Tick{Kind: events.TradeTick, SourceSeq: uint64(i + 1), EventTime: (at + 30) * 1e9, Price: int64(1000 + i), Size: 1})
	}
	var facts instrument.Facts
	x.tape.Fold(&events.Batch{Header: events.Header{Source: "t", Mode: outcryv1.Mode_MODE_IMPORT, IngestTime: (monday + 3600) * 1e9}}, &group, &facts)
	if facts.Refused > 0 {
		t.Fatal(facts.Refusals)
	}
	return x
}

// AwakeInstruments is reads.Live's.
func (x *exchange) AwakeInstruments(_ context.Context, fn func(string, *instrument.State)) error {
	fn("ACME", x.tape)
	return nil
}

// RowsWhole is reads.Live's.
func (x *exchange) RowsWhole(events.Kind, string) (uint64, bool) { return 0, true }

// SecondBarsStored is reads.Live's.
func (x *exchange) SecondBarsStored() bool { return true }

// AwakeRooms is reads.Live's.
func (x *exchange) AwakeRooms(context.Context, func(string, *room.State)) error { return nil }

// history calls as the published adapter does and gives the status, the times and nextTime.
func (x *exchange) history(t *testing.T, query string, args ...any) (status string, times []int64, next any) {
	t.Helper()
	answer := ask(t, x, "/udf/history?symbol=ACME&resolution=1&"+fmt.Sprintf(query, args...)).(map[string]any)
	list, _ := answer["t"].([]any)
	for _, at := range list {
		times = append(times, int64(at.(float64)))
	}
	return answer["s"].(string), times, answer["nextTime"]
}

// The adapter polls with countback=2 and a from that lies after the bars; without
// both bars the chart's newest one never becomes a closed one.
func TestThePollGetsTheLastTwoBars(t *testing.T) {
	x := newExchange(t)
	_, times, _ := x.history(t, "from=%d&to=%d&countback=2", monday+3000, monday+4000)
	if diff := cmp.Diff(minutes[5:], times); diff != "" {
		t.Error(diff)
	}
}

// A bar that comes with two requests is drawn twice.
func TestToIsExclusive(t *testing.T) {
	x := newExchange(t)
	_, times, _ := x.history(t, "from=%d&to=%d", friday, minutes[3])
	if diff := cmp.Diff(minutes[:3], times); diff != "" {
		t.Error(diff)
	}
	_, times, _ = x.history(t, "from=%d&to=%d&countback=2", friday, minutes[3])
	if diff := cmp.Diff(minutes[1:3], times); diff != "" {
		t.Error("counted back:", diff)
	}
}

// Without nextTime a chart takes a weekend for the end of history.
func TestAnEmptyWeekendNamesTheBarBeforeIt(t *testing.T) {
	x := newExchange(t)
	status, times, next := x.history(t, "from=%d&to=%d", friday+86_400, monday)
	if status != "no_data" || times != nil || next != float64(minutes[3]) {
		t.Error(status, times, next)
	}
}

// Scrolling left must come to an end, with every bar once.
func TestPagingLeftEndsAtTheFirstBar(t *testing.T) {
	x, to := newExchange(t), int64(monday+3600)
	var all []int64
	for range len(minutes) + 1 {
		status, times, next := x.history(t, "from=%d&to=%d&countback=3", to-180, to)
		if status == "no_data" {
			if next != nil {
				t.Errorf("the left edge has a nextTime %v", next)
			}
			break
		}
		all, to = append(times, all...), times[0]
	}
	if diff := cmp.Diff(minutes, all); diff != "" {
		t.Error(diff)
	}
}

// Charts resolve what symbol says the venue is, followed by the name.
func TestIdsResolveWithTheirVenue(t *testing.T) {
	x := newExchange(t)
	for _, symbol := range []string{"ACME", "OUTCRY:ACME"} {
		answer := ask(t, x, "/udf/symbols?symbol="+symbol).(map[string]any)
		if answer["ticker"] != "ACME" || answer["exchange"] != "OUTCRY" {
			t.Errorf("%s: %v", symbol, answer)
		}
	}
	if answer := ask(t, x, "/udf/symbols?symbol=XNAS:ACME").(map[string]any); answer["s"] != "error" {
		t.Error(answer)
	}
}
