package main

import (
	"context"
	"encoding/base64"
	bits "encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	outcryv1 "outcry/proto/outcry/v1"
)

// poster says numbered words in a room, several at a time, until its connection ends.
type poster struct {
	t        *testing.T
	user     string
	conn     *websocket.Conn
	mu       sync.Mutex
	answered map[string]bool // by client message id
	texts    map[string]string
	drained  bool
	closed   websocket.StatusCode
	asked    chan struct{} // gets a token when some are answered
}

func postID(user, n int) []byte {
	id := make([]byte, 16)
	bits.BigEndian.PutUint64(id, uint64(time.Now().UnixMilli())<<16)
	id[6], id[8] = 0x70, 0x80
	bits.BigEndian.PutUint16(id[10:], uint16(user))
	bits.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}

func newPoster(t *testing.T, s *server, user string) *poster {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws", &websocket.DialOptions{Subprotocols: []string{"outcry.v1.json"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	p := &poster{t: t, user: user, conn: conn, answered: map[string]bool{}, texts: map[string]string{}, asked: make(chan struct{}, 1)}
	if err := p.say(fmt.Sprintf(`{"hello":{"version":1,"user":%q}}`, user)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *poster) say(text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return p.conn.Write(ctx, websocket.MessageText, []byte(text))
}

func (p *poster) command(id []byte, body string) error {
	return p.say(fmt.Sprintf(`{"command":{"room":"hall","clientMsgId":%q,%s}}`, base64.StdEncoding.EncodeToString(id), body))
}

// write posts until it can't: what lies unanswered then may or may not be in.
func (p *poster) write(number int) {
	for n := 1; ; n++ {
		id, text := postID(number, n), fmt.Sprintf("%s %d", p.user, n)
		p.mu.Lock()
		p.texts[string(id)] = text
		p.mu.Unlock()
		if p.command(id, fmt.Sprintf(`"post":{"text":{"data":%q}}`, base64.StdEncoding.EncodeToString([]byte(text)))) != nil {
			return
		}
		time.Sleep(5 * time.Millisecond) // the user's budget
	}
}

// read takes answers until the connection ends.
func (p *poster) read() {
	for {
		_, text, err := p.conn.Read(p.t.Context())
		if err != nil {
			p.closed = websocket.CloseStatus(err)
			return
		}
		var m struct {
			Frames []struct {
				Drain  *struct{ RetryWithinMs int }
				Answer *struct {
					ClientMsgID []byte `json:"clientMsgId"`
					Outcome     string
				}
			}
		}
		if err := json.Unmarshal(text, &m); err != nil {
			p.t.Errorf("%v: %s", err, text)
		}
		for _, f := range m.Frames {
			p.drained = p.drained || f.Drain != nil && f.Drain.RetryWithinMs >= 2000
			if f.Answer != nil && f.Answer.Outcome == "OUTCOME_KIND_ACCEPTED" {
				p.mu.Lock()
				p.answered[string(f.Answer.ClientMsgID)] = true
				p.mu.Unlock()
				select {
				case p.asked <- struct{}{}:
				default:
				}
			}
		}
	}
}

// Breaks for users: at every update of the server somebody's message is lost, or
// said twice, or its author never learns what became of it.
func TestAStoppedServerAnswersWhatIsUnderWay(t *testing.T) {
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	s.startWith("serve", "--data", s.data, "--http", s.http, "--admin", "", "--partitions", "4", "--stop-notice", "500ms")
	t.Cleanup(s.kill)
	var posters []*poster
	var all sync.WaitGroup
	for n := range 8 {
		p := newPoster(t, s, fmt.Sprintf("p%d", n))
		if err := p.command(postID(n, 0), `"join":{}`); err != nil {
			t.Fatal(err)
		}
		posters = append(posters, p)
		all.Go(p.read)
		all.Go(func() { p.write(n) })
	}
	for _, p := range posters {
		for range 20 {
			<-p.asked
		}
	}
	begin := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.unready()
	for range 5 {
		<-posters[0].asked // it is served while it says that it is not ready
	}
	all.Wait()
	if err := s.cmd.Wait(); err != nil || time.Since(begin) > 14*time.Second {
		t.Errorf("it ended after %s with %v", time.Since(begin), err)
	}
	s.start()
	s.resent(posters)
}

// unready waits until /readyz says that no clients are wanted.
func (s *server) unready() {
	s.t.Helper()
	for {
		r, err := http.Get(s.url + "/readyz")
		if err != nil {
			s.t.Fatalf("it listens no more before it said that it is not ready: %v", err)
		}
		var said readiness
		err = json.NewDecoder(r.Body).Decode(&said)
		r.Body.Close()
		if err != nil {
			s.t.Fatal(err)
		}
		if r.StatusCode == http.StatusServiceUnavailable && said.State == stateStopping {
			return
		}
		if r.StatusCode != http.StatusOK {
			s.t.Fatalf("/readyz: %d %+v", r.StatusCode, said)
		}
	}
}

// resent sends again what was not answered, and demands every text once.
func (s *server) resent(posters []*poster) {
	t := s.t
	t.Helper()
	client, texts, again := s.client(), map[string]bool{}, 0
	for _, p := range posters {
		if !p.drained || p.closed != websocket.StatusGoingAway {
			t.Errorf("%s: told to come back: %t; closed with %d", p.user, p.drained, p.closed)
		}
		for id, text := range p.texts {
			texts[text] = true
			if p.answered[id] {
				continue
			}
			again++
			if s.submit(p.user, id, text).Outcome == outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE {
				t.Errorf("%q was in, and its author was not told", text)
			}
		}
	}
	t.Logf("%d posts, %d sent again", len(texts), again)
	counts := map[string]int{}
	for before := uint64(0); ; {
		r, err := client.Messages(t.Context(), &outcryv1.MessagesRequest{Room: "hall", BeforeSeq: before, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Messages) == 0 {
			break
		}
		for _, m := range r.Messages {
			if m.Kind == outcryv1.MessageKind_MESSAGE_KIND_POST {
				counts[string(m.GetText().GetData())]++
			}
		}
		if before = r.Messages[0].Seq; before == 1 {
			break
		}
	}
	for text := range texts {
		if counts[text] != 1 {
			t.Errorf("%q is there %d times", text, counts[text])
		}
	}
	if len(counts) != len(texts) {
		t.Errorf("%d texts are there, %d were said", len(counts), len(texts))
	}
}

// submit posts with an id, and again where it is told to wait.
func (s *server) submit(user, id, text string) *outcryv1.Answer {
	s.t.Helper()
	for {
		r, err := s.client().Submit(s.t.Context(), &outcryv1.SubmitRequest{User: user, Command: &outcryv1.Command{Room: "hall", ClientMsgId: []byte(id),
			Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text)}}}}})
		if err != nil {
			s.t.Fatal(err)
		}
		e := r.Answer.GetError()
		switch {
		case e == nil:
			return r.Answer
		case e.GetRetry() != outcryv1.Retry_RETRY_AFTER:
			s.t.Fatalf("sent again, %q is answered %v", text, e)
		}
		time.Sleep(time.Duration(e.RetryAfterMs) * time.Millisecond)
	}
}

// Breaks for users: whoever asks a second time wants the process gone, not to wait.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	s.startWith("serve", "--data", s.data, "--http", s.http, "--admin", "", "--partitions", "4", "--stop-notice", "1h")
	t.Cleanup(s.kill)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.unready()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		if err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
	s.start() // and its data are whole
}
