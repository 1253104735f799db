package reads

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/projections"
	"outcry/projections/sqlite"
	outcryv1 "outcry/proto/outcry/v1"
)

// house folds for real and has a real store; its rows are written when the test says so.
type house struct {
	*Reads
	t       *testing.T
	store   *watchedStore
	id      string
	tape    *instrument.State
	talk    *room.State
	facts   instrument.Facts
	pending projections.Rows // decided and not written
	seq     uint64           // of the source
	debts   atomic.Uint64    // odd: rows are missing
	minutes bool             // the store has no bars of 1s
	turn    sync.Mutex       // of its actors
}

// watchedStore says how often rows were looked for.
type watchedStore struct {
	projections.Store
	looks atomic.Int64
	rows  atomic.Int64  // of bars that were read
	asked chan struct{} // gets one token when rows were looked for in vain
}

func (s *watchedStore) Blocks(ctx context.Context, id string, after uint64, limit int) ([]*outcryv1.TickBlock, error) {
	blocks, err := s.Store.Blocks(ctx, id, after, limit)
	s.looked(len(blocks))
	return blocks, err
}

func (s *watchedStore) Bars(ctx context.Context, q projections.BarsQuery) ([]*outcryv1.Bar, error) {
	bars, err := s.Store.Bars(ctx, q)
	s.rows.Add(int64(len(bars)))
	return bars, err
}

func (s *watchedStore) BarsAfter(ctx context.Context, id string, r outcryv1.Resolution, after uint64, limit int) ([]*outcryv1.Bar, error) {
	bars, err := s.Store.BarsAfter(ctx, id, r, after, limit)
	s.looked(len(bars))
	return bars, err
}

func (s *watchedStore) Messages(ctx context.Context, id string, after, before uint64, limit int, newest bool) ([]*outcryv1.Message, error) {
	messages, err := s.Store.Messages(ctx, id, after, before, limit, newest)
	s.looked(len(messages))
	return messages, err
}

func (s *watchedStore) looked(found int) {
	s.looks.Add(1)
	if found == 0 {
		select {
		case s.asked <- struct{}{}:
		default:
		}
	}
}

const (
	lobby = "lobby"
	day0  = 1_700_006_400 // a UTC midnight
	// ingest is later than all that is printed, ns.
	ingest = (day0 + 400*86_400) * 1e9
)

func newHouse(t *testing.T) *house {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "rows.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{t: t, store: &watchedStore{Store: store, asked: make(chan struct{}, 1)}, talk: room.New(lobby)}
	h.Reads = New(h, h.store)
	h.list("ACME")
	return h
}

// list makes another instrument, which takes the place of the one before.
func (h *house) list(id string) {
	h.id, h.tape, h.pending = id, instrument.New(id), projections.Rows{}
	h.fold(outcryv1.Mode_MODE_IMPORT, []events.Tick{{Kind: events.EventTick}}, &outcryv1.TapeEvent{EventTimeNs: day0 * 1e9,
		Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{PriceExponent: -2, Currency: "USD", Calendar: "24x7"}}})
}

// Instrument is Live's. There is one.
func (h *house) Instrument(_ context.Context, id string, fn func(*instrument.State)) error {
	if id != h.id {
		fn(nil)
		return nil
	}
	h.turn.Lock()
	defer h.turn.Unlock()
	fn(h.tape)
	return nil
}

// Room is Live's. There is one.
func (h *house) Room(_ context.Context, id string, fn func(*room.State)) error {
	if id != lobby {
		fn(nil)
		return nil
	}
	h.turn.Lock()
	defer h.turn.Unlock()
	fn(h.talk)
	return nil
}

// RowsWhole is Live's: they are while the generation is even.
func (h *house) RowsWhole(events.Kind, string) (uint64, bool) {
	g := h.debts.Load()
	return g, g%2 == 0
}

// SecondBarsStored is Live's.
func (h *house) SecondBarsStored() bool { return !h.minutes }

// AwakeInstruments is Live's.
func (h *house) AwakeInstruments(_ context.Context, fn func(string, *instrument.State)) error {
	fn(h.id, h.tape)
	return nil
}

// AwakeRooms is Live's.
func (h *house) AwakeRooms(_ context.Context, fn func(string, *room.State)) error {
	fn(lobby, h.talk)
	return nil
}

func (h *house) fold(mode outcryv1.Mode, ticks []events.Tick, tape ...*outcryv1.TapeEvent) {
	h.t.Helper()
	h.facts.Reset()
	b := &events.Batch{Header: events.Header{Source: "test", Epoch: "1", Mode: mode, IngestTime: ingest}}
	h.tape.Fold(b, &events.Group{Instrument: h.id, Ticks: ticks, Events: tape}, &h.facts)
	if h.facts.Refused > 0 || h.facts.Late > 0 || h.facts.Duplicates > 0 {
		h.t.Fatalf("the fold says %+v", h.facts)
	}
	h.gather()
}

// pass lets time go by in the log, ns.
func (h *house) pass(ns int64) {
	h.facts.Reset()
	h.tape.Advance(ingest+ns, &h.facts)
	h.gather()
}

// gather keeps the rows of what was decided.
func (h *house) gather() {
	for _, c := range h.facts.Closed {
		if h.minutes && c.Resolution == instrument.Second {
			continue
		}
		h.pending.Bars = append(h.pending.Bars, c.Bar.Proto(h.id, c.Resolution))
	}
	for i := range h.facts.Blocks {
		h.pending.Blocks = append(h.pending.Blocks, h.facts.Blocks[i].Proto(h.id))
	}
}

// print is a trade of an import, at so many seconds of the first day.
func (h *house) print(second, price, size int64) {
	h.t.Helper()
	h.seq++
	h.fold(outcryv1.Mode_MODE_IMPORT, []events.Tick{{Kind: events.TradeTick, SourceSeq: h.seq, EventTime: (day0 + second) * 1e9,
		Price: price, Size: size, Side: uint8(h.seq % 2)}})
}

// printLive is a trade of now.
func (h *house) printLive(price int64) {
	h.t.Helper()
	h.seq++
	h.fold(outcryv1.Mode_MODE_LIVE, []events.Tick{{Kind: events.TradeTick, SourceSeq: h.seq, EventTime: ingest, Price: price, Size: 1}})
}

// say is an imported message, which needs no membership.
func (h *house) say(text string) {
	h.t.Helper()
	h.seq++
	var f room.Facts
	h.talk.Fold(&events.Header{Source: "test", Epoch: "1", Mode: outcryv1.Mode_MODE_IMPORT, IngestTime: day0 * 1e9}, &outcryv1.RoomGroup{Room: lobby,
		Inputs: []*outcryv1.RoomInput{{User: "ann", SourceSeq: h.seq, EventTimeNs: day0 * 1e9, Input: &outcryv1.RoomInput_Imported{
			Imported: &outcryv1.Imported{Text: &outcryv1.Text{Data: []byte(text)}, Kind: outcryv1.MessageKind_MESSAGE_KIND_POST}}}}}, &f)
	if len(f.Items) == 0 {
		h.t.Fatalf("%q was decided as %+v", text, f.Outcomes)
	}
	h.pending.Messages = append(h.pending.Messages, f.Rows...)
}

// write stores what was decided.
func (h *house) write() {
	h.t.Helper()
	rows := h.pending
	h.pending = projections.Rows{}
	if err := h.store.Write(h.t.Context(), &rows); err != nil {
		h.t.Fatal(err)
	}
}
