package projectionstest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Two owners, a replay and a catch-up may write the same rows again, in any
// order: the newest versions must be what is read, however they came.
func anyOrder(t *testing.T, s projections.Store) {
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++ // each round has an entity of its own, so that one store serves all
		id := fmt.Sprintf("entity-%d", round)
		versions := rapid.IntRange(1, 8).Draw(rt, "versions")
		order := rapid.SliceOfN(rapid.IntRange(1, versions), 1, 20).Draw(rt, "order")
		last := 0
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(rt, "together")
			rows := &projections.Rows{}
			for _, version := range order[:n] {
				addVersion(rows, id, version)
				last = max(last, version)
			}
			write(t, s, rows)
			order = order[n:]
		}
		want := &projections.Rows{}
		addVersion(want, id, last)
		same(t, want.Latest, func() ([]*outcryv1.Latest, error) { return s.Latest(t.Context(), []string{id}) })
		same(t, want.Bars, func() ([]*outcryv1.Bar, error) { return s.Bars(t.Context(), all(id, minute)) })
		same(t, want.Messages, func() ([]*outcryv1.Message, error) { return s.Messages(t.Context(), id, 0, 0, 10, false) })
		same(t, want.Members, func() ([]*outcryv1.Member, error) { return s.Members(t.Context(), id, "", 10) })
		same(t, want.Rooms[0], func() (*outcryv1.Room, error) { return s.Room(t.Context(), id) })
		inside := []*outcryv1.Room(nil)
		if want.Members[0].Present {
			inside = want.Rooms
		}
		same(t, inside, func() ([]*outcryv1.Room, error) { return s.Rooms(t.Context(), "user of "+id, "", 10) })
		if t.Failed() {
			rt.Fatal("answers differ") // so that the order is shrunk and shown
		}
	})
}

// addVersion adds the version-th version of one row of each kind that has versions.
func addVersion(rows *projections.Rows, id string, version int) {
	clock, seq := int64(version), uint64(version)
	rows.Latest = append(rows.Latest, &outcryv1.Latest{Instrument: id, ClockUs: clock, Seq: 100 - seq})
	b := bar(id, minute, 60, clock)
	b.Volume, b.BarSeq = 100-clock, 100-seq
	rows.Bars = append(rows.Bars, b)
	m := message(id, 1)
	m.ChangeSeq, m.EditedUs = seq, 100-clock
	rows.Messages = append(rows.Messages, m)
	rows.Members = append(rows.Members, member(id, "user of "+id, seq, version%2 == 0))
	rows.Rooms = append(rows.Rooms, &outcryv1.Room{Room: id, ClockUs: clock, HeadSeq: 100 - seq})
}
