package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"outcry/gateways/web"
	outcryv1 "outcry/proto/outcry/v1"
)

// fake is a server that behaves as EDGE.md promises, small enough to be
// trusted: rooms with dense seqs and idempotent commands, latest-wins tapes,
// cursors. It can be killed and started again on the same port; what it
// acknowledged stays.
type fake struct {
	t       testing.TB
	market  *market
	mu      sync.Mutex
	lineage string
	rooms   map[string]*fakeRoom
	conns   map[*fakeConn]bool
	addr    string
	stop    func()
	signIn  *fakeSignIn // nil: nobody signs in
	rows    string      // the rows' part of /readyz, JSON
	// beforeAnswer, once, runs between a command's append and its answer.
	beforeAnswer func()
}

func newFake(t testing.TB, instruments int) *fake {
	f := &fake{
		t: t, addr: "127.0.0.1:0", lineage: "lineage-one", rows: `{"state":"ready","lag_seconds":1}`, market: newMarket(instruments),
		rooms: map[string]*fakeRoom{}, conns: map[*fakeConn]bool{},
	}
	f.start()
	t.Cleanup(f.kill)
	return f
}

func (f *fake) serveReadiness(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(w, `{"state":"ready","rows":%s}`, f.rows)
}

// behind sets what the server says of its store.
func (f *fake) behind(rows string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows = rows
}

func (f *fake) url() string { return "http://" + f.addr + "/" }

// start listens, on the port it had before if there was one.
func (f *fake) start() {
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		f.t.Fatal(err)
	}
	f.addr = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{Handler: f.routes(), BaseContext: func(net.Listener) context.Context { return ctx }}
	var running sync.WaitGroup
	running.Go(func() {
		if err := server.Serve(listener); err != http.ErrServerClosed {
			f.t.Errorf("serving: %v", err)
		}
	})
	f.stop = sync.OnceFunc(func() {
		cancel()
		f.closeConns()
		if err := server.Close(); err != nil {
			f.t.Errorf("closing the server: %v", err)
		}
		running.Wait()
	})
}

// kill ends everything at once, as SIGKILL would: nobody is told.
func (f *fake) kill() { f.stop() }

func (f *fake) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.HandleFunc("GET /ws", f.serveSocket)
	mux.HandleFunc("GET /readyz", f.serveReadiness)
	mux.Handle("GET /udf/history", f.door(http.HandlerFunc(f.market.serveHistory)))
	mux.Handle("POST /outcry.v1.Outcry/Instruments", f.door(unary(f.readInstruments)))
	mux.Handle("POST /outcry.v1.Outcry/Rooms", f.door(http.HandlerFunc(f.serveRooms)))
	mux.Handle("POST /outcry.v1.Outcry/Submit", f.door(http.HandlerFunc(f.serveSubmit)))
	mux.Handle("POST /outcry.v1.Outcry/Messages", f.door(unary(f.readMessages)))
	return mux
}

// unary speaks the JSON of a Connect call.
func unary[Q any, A proto.Message, P interface {
	*Q
	proto.Message
}](call func(P) A) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		request := P(new(Q))
		if err == nil {
			err = protojson.Unmarshal(body, request)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"code": "invalid_argument", "message": err.Error()})
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(encode(call(request)))
	}
}

func encode(m proto.Message) []byte {
	text, err := protojson.Marshal(m)
	if err != nil {
		panic(err) // a message of our own
	}
	return text
}

func (f *fake) readInstruments(*outcryv1.InstrumentsRequest) *outcryv1.InstrumentsResponse {
	return &outcryv1.InstrumentsResponse{Instruments: f.market.rows()}
}

func (f *fake) readMessages(r *outcryv1.MessagesRequest) *outcryv1.MessagesResponse {
	f.mu.Lock()
	defer f.mu.Unlock()
	room := f.rooms[r.Room]
	if room == nil {
		return &outcryv1.MessagesResponse{}
	}
	return &outcryv1.MessagesResponse{Messages: room.page(r), HeadSeq: room.head()}
}

// replaceLog starts a new lineage without any of the old messages.
func (f *fake) replaceLog(lineage string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lineage = lineage
	for id := range f.rooms {
		f.rooms[id] = newFakeRoom(id)
	}
}

// say posts to a room as some user, creating both.
func (f *fake) say(room, user, text string, change ...func(*outcryv1.Post)) uint64 {
	post := &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text)}}
	for _, c := range change {
		c(post)
	}
	return f.do(user, &outcryv1.Command{Room: room, Command: &outcryv1.Command_Post{Post: post}}).Seq
}

// do decides a command; the connections see it in their next turn.
func (f *fake) do(user string, c *outcryv1.Command) *outcryv1.Answer {
	f.mu.Lock()
	room := f.rooms[c.Room]
	if room == nil {
		room = newFakeRoom(c.Room)
		f.rooms[c.Room] = room
	}
	answer := room.decide(user, c, time.Now())
	hook := f.beforeAnswer
	f.beforeAnswer = nil
	f.mu.Unlock()
	if hook != nil {
		hook()
	}
	return answer
}
