package projections

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// A row that gathering forgot is an answer that nobody gets.
func TestGatheringKeepsEveryKindOfRow(t *testing.T) {
	s := outcryv1.Resolution_RESOLUTION_1S
	first := &Rows{
		Latest:      []*outcryv1.Latest{{Instrument: "A", ClockUs: 2}},
		Bars:        []*outcryv1.Bar{{Instrument: "A", Resolution: s, Time: 1, ClockUs: 1}, {Instrument: "A", Resolution: s, Time: 2, ClockUs: 1}},
		Dirty:       []DirtyBar{{"B", s, 1, 1}},
		Blocks:      []*outcryv1.TickBlock{{Instrument: "A", FirstSeq: 1}},
		Messages:    []*outcryv1.Message{{Room: "r", Seq: 1, ChangeSeq: 1}},
		Members:     []*outcryv1.Member{{Room: "r", User: "u", Seq: 1}},
		Rooms:       []*outcryv1.Room{{Room: "r", ClockUs: 1}},
		Parts:       []Part{{Data: []byte("x")}},
		Checkpoints: []Checkpoint{{Offset: 1}},
	}
	later := &Rows{
		Latest:   []*outcryv1.Latest{{Instrument: "A", ClockUs: 1, Seq: 9}}, // older: came late
		Bars:     []*outcryv1.Bar{{Instrument: "A", Resolution: s, Time: 1, ClockUs: 2}},
		Blocks:   []*outcryv1.TickBlock{{Instrument: "A", FirstSeq: 2}},
		Messages: []*outcryv1.Message{{Room: "r", Seq: 2, ChangeSeq: 2}, {Room: "r", Seq: 1, ChangeSeq: 2}},
		Members:  []*outcryv1.Member{{Room: "r", User: "u", Seq: 2}, {Room: "q", User: "u", Seq: 1}},
		Rooms:    []*outcryv1.Room{{Room: "r", ClockUs: 2}},
	}
	if first.Len() != 10 {
		t.Errorf("counted %d rows of 10", first.Len())
	}
	b := newBatch()
	b.add(handover{rows: first})
	b.add(handover{rows: later})
	want := &Rows{
		Latest: first.Latest, Bars: []*outcryv1.Bar{later.Bars[0], first.Bars[1]}, Dirty: first.Dirty,
		Blocks: append(first.Blocks, later.Blocks...), Messages: []*outcryv1.Message{later.Messages[1], later.Messages[0]},
		Members: later.Members, Rooms: later.Rooms, Parts: first.Parts, Checkpoints: first.Checkpoints,
	}
	if diff := cmp.Diff(want, b.rows(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}
