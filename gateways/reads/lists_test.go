package reads

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/projections"
	"outcry/projections/sqlite"
	outcryv1 "outcry/proto/outcry/v1"
)

// town has many rooms and instruments. Their rows are written when the test
// says so; those that are asleep are known to the store alone.
type town struct {
	*Reads
	t           testing.TB
	store       projections.Store
	rooms       map[string]*room.State
	instruments map[string]*instrument.State
	asleep      map[string]bool
	pending     projections.Rows
	ids         int
}

func newTown(t testing.TB) *town {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "rows.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, store: store}
	w.raze()
	t.Cleanup(func() { _ = store.Close() })
	return w
}

// raze begins anew.
func (w *town) raze() {
	w.rooms, w.instruments, w.asleep = map[string]*room.State{}, map[string]*instrument.State{}, map[string]bool{}
	w.Reads = New(w, w.store)
}

// Instrument is Live's.
func (w *town) Instrument(_ context.Context, id string, fn func(*instrument.State)) error {
	fn(w.instruments[id])
	return nil
}

// Room is Live's.
func (w *town) Room(_ context.Context, id string, fn func(*room.State)) error {
	fn(w.rooms[id])
	return nil
}

// RowsWhole is Live's.
func (w *town) RowsWhole(events.Kind, string) (uint64, bool) { return 0, true }

// SecondBarsStored is Live's.
func (w *town) SecondBarsStored() bool { return true }

// AwakeInstruments is Live's.
func (w *town) AwakeInstruments(_ context.Context, fn func(string, *instrument.State)) error {
	for id, s := range w.instruments {
		if !w.asleep[id] {
			fn(id, s)
		}
	}
	return nil
}

// AwakeRooms is Live's.
func (w *town) AwakeRooms(_ context.Context, fn func(string, *room.State)) error {
	for id, s := range w.rooms {
		if !w.asleep[id] {
			fn(id, s)
		}
	}
	return nil
}

// command folds what somebody does in a room.
func (w *town) command(id, user string, in *outcryv1.RoomInput) {
	s := w.rooms[id]
	if s == nil {
		s = room.New(id)
		w.rooms[id] = s
	}
	w.ids++
	in.User, in.ClientMsgId = user, newID(w.ids)
	var f room.Facts
	s.Fold(&events.Header{Source: "t", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: ingest}, &outcryv1.RoomGroup{Room: id, Inputs: []*outcryv1.RoomInput{in}}, &f)
	if len(f.Members) == 0 {
		w.t.Fatalf("%s in %s: %+v", user, id, f.Outcomes)
	}
	w.pending.Members = append(w.pending.Members, f.Members...)
	w.pending.Rooms = append(w.pending.Rooms, s.View())
}

// newID is a client message id of the ingest time.
func newID(n int) []byte {
	id := binary.BigEndian.AppendUint64(nil, uint64(ingest/1e6)<<16)
	id = binary.BigEndian.AppendUint64(id, uint64(n))
	id[6], id[8] = 0x70, 0x80
	return id
}

func (w *town) join(id, user string) {
	w.command(id, user, &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}})
}

func (w *town) leave(id, user string) {
	w.command(id, user, &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Leave{Leave: &outcryv1.Leave{}}})
}

func (w *town) list(id string) {
	s := instrument.New(id)
	w.instruments[id] = s
	var f instrument.Facts
	s.Fold(&events.Batch{Header: events.Header{Source: "t", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: ingest}}, &events.Group{Instrument: id,
		Ticks: []events.Tick{{Kind: events.EventTick}}, Events: []*outcryv1.TapeEvent{{EventTimeNs: ingest,
			Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{PriceExponent: -2, Currency: "USD", Calendar: "24x7"}}}}}, &f)
	var v instrument.View
	s.View(&v)
	w.pending.Latest = append(w.pending.Latest, v.Latest())
}

// write stores what is pending; what is asleep from now on has its rows.
func (w *town) write() {
	w.t.Helper()
	rows := w.pending
	w.pending = projections.Rows{}
	if err := w.store.Write(context.Background(), &rows); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) sleep(ids ...string) {
	for _, id := range ids {
		w.asleep[id] = true
	}
}

// pages reads a list to its end.
func pages[R any](t interface{ Fatalf(string, ...any) }, next func(after string) (rows []R, more bool, err error), id func(R) string) (ids []string) {
	for after, more := "", true; more; {
		rows, m, err := next(after)
		if err != nil || m && len(rows) == 0 {
			t.Fatalf("after %q: %d rows, more %v, %v", after, len(rows), m, err)
		}
		for _, r := range rows {
			ids = append(ids, id(r))
			after = id(r)
		}
		more = m
	}
	return ids
}

// roomsOf lists by pages.
func (w *town) roomsOf(t interface{ Fatalf(string, ...any) }, user string, limit uint32) []string {
	return pages(t, func(after string) ([]*outcryv1.Room, bool, error) {
		a, err := w.Rooms(context.Background(), &outcryv1.RoomsRequest{User: user, After: after, Limit: limit})
		return a.GetRooms(), a.GetMore(), err
	}, (*outcryv1.Room).GetRoom)
}

func (w *town) membersOf(t interface{ Fatalf(string, ...any) }, id string, limit uint32) (present, left []string) {
	pages(t, func(after string) ([]*outcryv1.Member, bool, error) {
		a, err := w.Members(context.Background(), &outcryv1.MembersRequest{Room: id, After: after, Limit: limit})
		for _, m := range a.GetMembers() {
			if m.Present {
				present = append(present, m.User)
			} else {
				left = append(left, m.User)
			}
		}
		return a.GetMembers(), a.GetMore(), err
	}, (*outcryv1.Member).GetUser)
	return present, left
}

// Whoever joined a room and was told so looks for it in the list, and must not
// have to look again; nor may a page lose or repeat one because its neighbour is newer than the store.
func TestListsHaveWhatWasJustAcknowledged(t *testing.T) {
	w := newTown(t)
	n := 0
	rapid.Check(t, func(draw *rapid.T) {
		n++
		w.raze()
		user := fmt.Sprint("user ", n) // the store keeps the rooms of earlier draws
		in, members := map[string]bool{}, map[string]map[string]bool{}
		for step := range rapid.IntRange(1, 40).Draw(draw, "steps") {
			id := fmt.Sprintf("%d/%c", n, 'a'+rapid.IntRange(0, 9).Draw(draw, "room"))
			who := rapid.SampledFrom([]string{user, "bob", "cyd"}).Draw(draw, "who")
			if members[id] == nil {
				members[id] = map[string]bool{}
			}
			if members[id][who] {
				w.leave(id, who)
			} else {
				w.join(id, who)
			}
			members[id][who] = !members[id][who]
			w.asleep[id] = false
			if rapid.IntRange(0, 9).Draw(draw, "write") == 0 {
				w.write()
				if step%2 == 0 {
					w.sleep(id)
				}
			}
		}
		var want, all []string
		for id := range members {
			all = append(all, id)
			if members[id][user] {
				want = append(want, id)
				in[id] = true
			}
		}
		slices.Sort(want)
		slices.Sort(all)
		limit := rapid.Uint32Range(1, 4).Draw(draw, "limit")
		if got := w.roomsOf(draw, user, limit); !slices.Equal(got, want) {
			draw.Fatalf("%s is in %v, the list says %v", user, want, got)
		}
		for _, id := range all {
			var there, gone []string
			for who, present := range members[id] {
				if present {
					there = append(there, who)
				} else {
					gone = append(gone, who)
				}
			}
			slices.Sort(there)
			slices.Sort(gone)
			present, left := w.membersOf(draw, id, limit)
			if !slices.Equal(present, there) || !slices.Equal(left, gone) {
				draw.Fatalf("in %s are %v, and %v have left; the list says %v and %v", id, there, gone, present, left)
			}
		}
		w.write()
	})
}

// A new instrument must be on the board of whoever asks after it was accepted.
func TestANewInstrumentIsListedAtOnce(t *testing.T) {
	w := newTown(t)
	var want []string
	for i := range 30 {
		id := fmt.Sprintf("X:%02d", i)
		w.list(id)
		want = append(want, id)
		if i == 20 {
			w.write()
			w.sleep(want[:10]...)
		}
	}
	w.list("other")
	for limit := uint32(1); limit < 40; limit += 3 {
		got := pages(t, func(after string) ([]*outcryv1.Latest, bool, error) {
			a, err := w.Instruments(t.Context(), &outcryv1.InstrumentsRequest{Query: "x:", After: after, Limit: limit})
			return a.GetInstruments(), a.GetMore(), err
		}, (*outcryv1.Latest).GetInstrument)
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %v", limit, got)
		}
	}
}
