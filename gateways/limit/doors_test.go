package limit

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	outcryv1 "outcry/proto/outcry/v1"
)

const patience = 20 * time.Second

// house is a server behind doors, whose requests wait until they are let go.
type house struct {
	t     *testing.T
	doors *Doors
	http  *httptest.Server
	hold  chan struct{}
	in    chan struct{}
}

func open(t *testing.T, c Config, wrap func(http.Handler) http.Handler) *house {
	h := &house{t: t, doors: NewDoors(c), hold: make(chan struct{}), in: make(chan struct{}, 100)}
	var handler http.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		h.in <- struct{}{}
		<-h.hold
	})
	if wrap != nil {
		handler = wrap(handler)
	}
	h.http = httptest.NewUnstartedServer(h.doors.Handler(handler))
	h.http.Config.ConnState = h.doors.ConnState
	h.http.Start()
	t.Cleanup(h.http.Close)
	return h
}

// ask sends a request as from a client behind a proxy, and gives the answer.
func (h *house) ask(path, client string) *http.Response {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, h.http.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", client)
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer
}

// begin asks without waiting for the answer, but until the request is being served.
func (h *house) begin(path, client string) <-chan *http.Response {
	h.t.Helper()
	done := make(chan *http.Response, 1)
	go func() { done <- h.ask(path, client) }()
	select {
	case <-h.in:
	case <-time.After(patience):
		h.t.Fatal("a request is not served")
	}
	return done
}

func refused(t *testing.T, answer *http.Response, code outcryv1.ErrorCode) {
	t.Helper()
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	e := &outcryv1.Error{}
	if err != nil || protojson.Unmarshal(body, e) != nil || e.GetCode() != code || e.GetRetryAfterMs() == 0 ||
		answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d %s, %v", answer.StatusCode, body, err)
	}
}

func behindProxy(t *testing.T) Prefixes {
	t.Helper()
	p, err := ParsePrefixes([]string{"127.0.0.0/8", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Breaks for users: one address with a thousand connections, or a thousand slow
// questions, takes the places of everybody else.
func TestOneAddressTakesNobodyElsesPlace(t *testing.T) {
	for path, code := range map[string]outcryv1.ErrorCode{
		"/ws":  outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS,
		"/any": outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED,
	} {
		var told atomic.Int32
		h := open(t, Config{Proxies: behindProxy(t), Connections: 3, Streams: []string{"/ws"}, Requests: 3,
			Refused: func(outcryv1.ErrorCode) { told.Add(1) }}, nil)
		var under []<-chan *http.Response
		for range 3 {
			under = append(under, h.begin(path, "203.0.113.9"))
		}
		for range 5 {
			refused(t, h.ask(path, "203.0.113.9"), code)
		}
		under = append(under, h.begin(path, "203.0.113.10")) // a neighbour
		close(h.hold)
		for _, done := range under {
			if answer := <-done; answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", path, answer.StatusCode)
			}
		}
		if answer := h.ask(path, "203.0.113.9"); answer.StatusCode != http.StatusOK || told.Load() != 5 {
			t.Errorf("%s: with all places free %d, %d refusals told", path, answer.StatusCode, told.Load())
		}
	}
}

// Breaks for users: a WebSocket's handler returns at once; if its place went with
// it, one address could have any number of them, and if it stayed for ever, none.
func TestAHeldPlaceIsGivenBackOnce(t *testing.T) {
	var release func()
	h := open(t, Config{Proxies: behindProxy(t), Connections: 1, Streams: []string{"/ws"}}, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { release = Hold(r.Context()) })
	})
	for range 3 {
		if answer := h.ask("/ws", "203.0.113.9"); answer.StatusCode != http.StatusOK {
			t.Fatal(answer.StatusCode)
		}
		refused(t, h.ask("/ws", "203.0.113.9"), outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS)
		release()
		release()
	}
	Hold(t.Context())() // nobody counts
}

// Breaks for users: sockets that never say a word (slow loris) would take all
// descriptors of the server.
func TestSilentSocketsOfOneAddressAreBounded(t *testing.T) {
	h := open(t, Config{Connections: 5, Streams: []string{"/ws"}}, nil)
	silent := func() net.Conn {
		conn, err := net.Dial("tcp", h.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	for range 5 {
		conn := silent()
		if _, err := conn.Write([]byte("GET / HT")); err != nil {
			t.Fatal(err)
		}
	}
	closed := func(conn net.Conn) bool {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Read(make([]byte, 1))
		return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
	}
	for range 20 {
		if conn := silent(); !closed(conn) {
			t.Fatal("a sixth socket stays open")
		}
	}
}

// Breaks for users: a body that drips byte by byte holds a place for ever.
func TestADrippingBodyIsGivenUp(t *testing.T) {
	read := make(chan error, 1)
	h := open(t, Config{RequestWithin: 100 * time.Millisecond}, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			read <- err
		})
	})
	conn, err := net.Dial("tcp", h.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	drips := time.NewTicker(10 * time.Millisecond)
	defer drips.Stop()
	for deadline := time.After(patience); ; {
		select {
		case <-drips.C:
			_, _ = conn.Write([]byte("x")) // it may be closed by now
		case err := <-read:
			if err == nil || !strings.Contains(err.Error(), "timeout") {
				t.Errorf("the body ended with %v", err)
			}
			return
		case <-deadline:
			t.Fatal("the body is waited for")
		}
	}
}

// Breaks for users: a stream that lasts would be cut off as a slow request.
func TestStreamsHaveNoDeadline(t *testing.T) {
	h := open(t, Config{RequestWithin: time.Millisecond, Streams: []string{"/ws"}}, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				time.Sleep(20 * time.Millisecond) // longer than a request may take
				_, _ = io.WriteString(w, "more\n")
				_ = http.NewResponseController(w).Flush()
			}
		})
	})
	answer := h.ask("/ws", "203.0.113.9")
	defer answer.Body.Close()
	lines := 0
	for s := bufio.NewScanner(answer.Body); s.Scan(); lines++ {
	}
	if lines != 3 {
		t.Errorf("%d of 3 lines came", lines)
	}
}
