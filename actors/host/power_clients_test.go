package host

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sync"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

const powerUser = "ada"

// powerFeed sends the ticks 1, 2, 3 … of one instrument; 1 defines it.
type powerFeed struct {
	id    string
	seed  uint64
	acked uint64
	most  uint64 // that was ever sent
}

// tick is the same whenever it is sent.
func (f *powerFeed) tick(n uint64) events.Tick {
	h := fnv.New64a()
	fmt.Fprint(h, f.seed, f.id, n)
	x := h.Sum64()
	t := events.Tick{Kind: events.TradeTick, SourceSeq: n, EventTime: powerStart + int64(n)*300_000_000, TradeID: int64(n),
		Price: 10_000 + int64(x%500), Size: 1 + int64(x>>20%40), Side: uint8(1 + x>>40&1)}
	if x>>50%4 == 0 {
		t.Kind, t.TradeID, t.Side, t.AskPrice, t.AskSize = events.QuoteTick, 0, 0, t.Price+10, t.Size
	}
	return t
}

// powerRoom is a person who joins a room and posts 1, 2, 3 …; 0 is the joining.
type powerRoom struct {
	id    string
	acked int
	seqs  []uint64 // that were answered
}

func (r *powerRoom) msgID(n int) []byte {
	id := make([]byte, 16)
	binary.BigEndian.PutUint64(id, uint64(powerStart/1_000_000+int64(n))<<16)
	id[6], id[8], id[15] = 0x70, 0x80, byte(n)
	copy(id[9:], r.id)
	return id
}

func (r *powerRoom) input(n int) *outcryv1.RoomInput {
	in := &outcryv1.RoomInput{User: powerUser, ClientMsgId: r.msgID(n), Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}}
	if n > 0 {
		text := fmt.Sprint(n)
		in.Input = &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text), Characters: uint32(len(text))}}}
	}
	return in
}

// sendTape sends each instrument's next ticks, those without an answer first; fresh at most are new.
func (w *powerWorld) sendTape(h *powerHouse, s *events.Stream, fresh int) (sent int, err error) {
	ctx, to := context.Background(), make([]uint64, len(w.feeds))
	for i, f := range w.feeds {
		to[i] = max(f.most, f.acked+uint64(fresh))
		f.most = to[i]
		for n := f.acked + 1; n <= to[i]; n++ {
			if sent++; n == 1 {
				err = s.Event(ctx, f.id, definition(1))
			} else {
				t := f.tick(n)
				err = s.Tick(ctx, f.id, &t, "")
			}
			if err != nil {
				return sent, fmt.Errorf("adding tick %d of %s: %w", n, f.id, err)
			}
		}
	}
	_, counts, err := h.send(s)
	if err != nil {
		return sent, err
	}
	if counts.Accepted+counts.Duplicates < uint64(sent) || counts.Refused+counts.Late > 0 {
		return sent, fmt.Errorf("of %d ticks were %+v", sent, counts)
	}
	for i, f := range w.feeds {
		f.acked = to[i]
	}
	return sent, nil
}

// sendTalk says so many things in each room, one after the other.
func (w *powerWorld) sendTalk(h *powerHouse, s *events.Stream, fresh int) error {
	for _, r := range w.rooms {
		for range fresh {
			if err := s.Room(context.Background(), r.id, r.input(r.acked)); err != nil {
				return fmt.Errorf("adding a post: %w", err)
			}
			positions, _, err := h.send(s)
			if err != nil {
				return err
			}
			o, err := awaitPost(h.host, positions[len(positions)-1], r.id, r.msgID(r.acked))
			if err != nil {
				return err
			}
			if o.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED || o.Seq != uint64(r.acked)+1 {
				return fmt.Errorf("post %d of %s: %+v", r.acked, r.id, o)
			}
			r.acked, r.seqs = r.acked+1, append(r.seqs, o.Seq)
		}
	}
	return nil
}

// powerSeen is what clients saw under which number; it must never mean something else.
type powerSeen struct {
	sync.Mutex
	what  map[string]map[uint64]string
	wrong error
}

func (s *powerSeen) see(entity string, seq uint64, what string) {
	s.Lock()
	defer s.Unlock()
	if s.what == nil {
		s.what = map[string]map[uint64]string{}
	}
	if s.what[entity] == nil {
		s.what[entity] = map[uint64]string{}
	}
	if old, ok := s.what[entity][seq]; ok && old != what && s.wrong == nil {
		s.wrong = fmt.Errorf("%s: seq %d was %s and is now %s", entity, seq, old, what)
	}
	s.what[entity][seq] = what
}

type powerTapeSink struct {
	seen *powerSeen
	id   string
}

func (s *powerTapeSink) AttachInstrument(*instrument.View, [instrument.Resolutions][]instrument.Bar) {
}

func (s *powerTapeSink) ChangeInstrument(_ *instrument.View, f *instrument.Facts) {
	for _, t := range f.Trades {
		s.seen.see(s.id, t.Seq, fmt.Sprint("tick ", t.Trade.SourceSeq))
	}
	for _, b := range f.Closed {
		s.seen.see(fmt.Sprint(s.id, " bars ", b.Resolution), b.Bar.BarSeq, fmt.Sprintf("%+v", b.Bar))
	}
}

type powerRoomSink struct {
	seen *powerSeen
	id   string
}

func (s *powerRoomSink) AdmitRoom(*room.Audience) {}

func (s *powerRoomSink) AttachRoom(_ *outcryv1.Room, items []*outcryv1.Message, _ uint64) {
	s.all(items)
}
func (s *powerRoomSink) ChangeRoom(f *room.Facts) { s.all(f.Items) }

func (s *powerRoomSink) all(items []*outcryv1.Message) {
	for _, m := range items {
		s.seen.see(s.id, m.GetSeq(), fmt.Sprintf("%v %q", m.GetKind(), m.GetText().GetData()))
	}
}
