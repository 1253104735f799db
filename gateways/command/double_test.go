package command

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// double is a log, real rooms and a store of their rows, all of which can be
// slow or fail.
type double struct {
	now func() time.Time

	mu     sync.Mutex
	rooms  map[string]*room.State
	rows   map[string]map[uint64]*outcryv1.Message
	heads  map[string]uint64 // what the store has
	inputs []*outcryv1.RoomInput
	offset int64
	next   *appending // of Room, until Send

	full      bool  // the log's memory: Room waits
	failing   error // of appends
	answers   error // of AwaitRoom
	reading   error // of Message
	stuck     bool  // reads wait
	reads     int
	keptAbove uint64 // rows up to it are gone
	storing   bool   // rows are stored at once
	sends     chan func()
	held      chan struct{} // closed: appends go on
}

type appending struct {
	room string
	in   *outcryv1.RoomInput
}

func newDouble() *double {
	d := &double{now: time.Now, rooms: map[string]*room.State{}, rows: map[string]map[uint64]*outcryv1.Message{},
		heads: map[string]uint64{}, storing: true, sends: make(chan func(), 10_000), held: make(chan struct{})}
	close(d.held)
	return d
}

// run makes what is sent durable, in order.
func (d *double) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case send := <-d.sends:
			send()
		}
	}
}

func (d *double) set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

// hold lets appends wait until the func is called.
func (d *double) hold() (goOn func()) {
	held := make(chan struct{})
	d.set(func() { d.held = held })
	return sync.OnceFunc(func() { close(held) })
}

func (d *double) Room(ctx context.Context, id string, in *outcryv1.RoomInput) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		d.mu.Unlock()
		<-ctx.Done()
		d.mu.Lock()
		return ctx.Err()
	}
	data, err := proto.Marshal(in)
	if err != nil {
		return err
	}
	own := &outcryv1.RoomInput{}
	if err := proto.Unmarshal(data, own); err != nil {
		return err
	}
	d.next = &appending{id, own}
	return nil
}

func (d *double) Send(done func([]events.Position, error)) {
	d.mu.Lock()
	next := d.next
	d.next = nil
	d.mu.Unlock()
	d.sends <- func() {
		d.mu.Lock()
		held := d.held
		d.mu.Unlock()
		<-held
		d.mu.Lock()
		err := d.failing
		if err == nil {
			d.fold(next)
			d.offset++
		}
		p := events.Position{Kind: events.Room, Offset: d.offset}
		d.mu.Unlock()
		if err != nil {
			done(nil, err)
			return
		}
		done([]events.Position{p}, nil)
	}
}

func (d *double) fold(a *appending) {
	s := d.rooms[a.room]
	if s == nil {
		s = room.New(a.room)
		d.rooms[a.room], d.rows[a.room] = s, map[uint64]*outcryv1.Message{}
	}
	d.inputs = append(d.inputs, a.in)
	out := &room.Facts{}
	s.Fold(&events.Header{Source: Source, IngestTime: d.now().UnixNano()}, &outcryv1.RoomGroup{Room: a.room, Inputs: []*outcryv1.RoomInput{a.in}}, out)
	if d.storing {
		for _, m := range out.Rows {
			d.rows[a.room][m.Seq] = m
		}
		d.heads[a.room] = s.Head()
	}
}

func (d *double) AwaitRoom(p events.Position, id, user string, clientMsgID []byte, done func(room.Outcome, error)) {
	d.mu.Lock()
	o, ok := d.rooms[id].Outcome(user, clientMsgID)
	err := d.answers
	if !ok && err == nil {
		err = errors.New("nothing is known")
	}
	d.mu.Unlock()
	done(o, err)
}

func (d *double) Message(ctx context.Context, id string, seq uint64) (*outcryv1.Message, uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	if d.stuck {
		d.mu.Unlock()
		<-ctx.Done()
		d.mu.Lock()
		return nil, 0, ctx.Err()
	}
	if d.reading != nil {
		return nil, 0, d.reading
	}
	if seq <= d.keptAbove {
		return nil, d.heads[id], nil
	}
	return d.rows[id][seq], d.heads[id], nil
}

// bed is a Commander on a double, in a bubble of its own time.
type bed struct {
	t *testing.T
	*double
	*Commander
	n int
}

// inBed runs a test on a running Commander. It fails when anything is left running.
func inBed(t *testing.T, limits Limits, fn func(b *bed)) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := New(Config{Stream: d, Rooms: d, Messages: d, Limits: limits, Logger: slog.New(slog.DiscardHandler)})
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- c.Run(ctx) }()
		go d.run(ctx)
		defer func() {
			stop()
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		fn(&bed{t: t, double: d, Commander: c})
	})
}

// idAt is a UUIDv7 of the time and a number.
func idAt(at time.Time, n int) []byte {
	id := make([]byte, 16)
	binary.BigEndian.PutUint64(id, uint64(at.UnixMilli())<<16)
	binary.BigEndian.PutUint64(id[8:], 1<<63|uint64(n))
	id[6] = 0x70
	return id
}

func (b *bed) id() []byte {
	b.n++
	return idAt(time.Now(), b.n)
}

func (b *bed) post(text string, replyTo uint64) *outcryv1.Command {
	return &outcryv1.Command{Room: "pit", ClientMsgId: b.id(), Command: &outcryv1.Command_Post{
		Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text)}, ReplyTo: replyTo}}}
}

func (b *bed) join(room string) *outcryv1.Command {
	return &outcryv1.Command{Room: room, ClientMsgId: b.id(), Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}
}

func (b *bed) edit(target uint64, text string) *outcryv1.Command {
	return &outcryv1.Command{Room: "pit", ClientMsgId: b.id(), Command: &outcryv1.Command_Edit{
		Edit: &outcryv1.Edit{TargetSeq: target, Text: &outcryv1.Text{Data: []byte(text)}}}}
}

// founded lets ada join the pit and say so much that the oldest is forgotten;
// message 2 is her first post.
func (b *bed) founded(posts int) *Session {
	s := b.Session("ada")
	b.accepted(b.ask(s, b.join("pit")))
	for range posts {
		b.accepted(b.ask(s, b.post("so much to say", 0)))
	}
	return s
}

// ask submits and gives where the answer will be.
func (b *bed) ask(s *Session, c *outcryv1.Command) <-chan *outcryv1.Answer {
	answers := make(chan *outcryv1.Answer, 2)
	s.Submit(c, func(a *outcryv1.Answer) { answers <- a })
	return answers
}

func (b *bed) accepted(answers <-chan *outcryv1.Answer) uint64 {
	b.t.Helper()
	a := <-answers
	if a.Outcome != outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED || a.Error != nil {
		b.t.Fatalf("answered %v, want accepted", a)
	}
	return a.Seq
}

func (b *bed) refused(answers <-chan *outcryv1.Answer, code outcryv1.ErrorCode) *outcryv1.Answer {
	b.t.Helper()
	a := <-answers
	if a.Outcome != outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED || a.Error.GetCode() != code || len(a.ClientMsgId) > 0 && a.Error.GetText() == "" {
		b.t.Fatalf("answered %v, want refused as %v", a, code)
	}
	return a
}
