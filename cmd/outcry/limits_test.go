package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	outcryv1 "outcry/proto/outcry/v1"
)

const limitPatience = 20 * time.Second

// narrow starts a server with bounds that a test reaches, and nobody exempt from them.
func narrow(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	s.startWith(append([]string{"serve", "--data", s.data, "--http", s.http, "--admin", "127.0.0.1:0", "--partitions", "2", "--limit-exempt", "192.0.2.1"}, args...)...)
	t.Cleanup(s.kill)
	return s
}

// dialFrom opens a socket from an address of this machine.
func (s *server) dialFrom(address, says string) net.Conn {
	s.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := d.DialContext(s.t.Context(), "tcp", s.http)
	if err != nil {
		s.t.Skipf("this machine has no address %s: %v", address, err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, says) // it may be closed already
	return conn
}

// heard is what comes until the server hangs up; ok is false when it does not.
func heard(conn net.Conn) (text string, ok bool) {
	_ = conn.SetReadDeadline(time.Now().Add(limitPatience))
	answer, err := io.ReadAll(conn)
	return string(answer), !errors.Is(err, os.ErrDeadlineExceeded)
}

// served asks on a new connection from an address.
func (s *server) served(address string) bool {
	s.t.Helper()
	answer, ok := heard(s.dialFrom(address, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
	return ok && strings.HasPrefix(answer, "HTTP/1.1 200")
}

const upgrade = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: outcry.v1.json\r\n\r\n"

// Breaks for users: some hundred sockets that say a byte now and then (slow loris)
// would take everybody's places, for as long as they like.
func TestWhoIsSlowOnPurposeTakesNobodyElsesPlaceAndIsHungUpOn(t *testing.T) {
	const places = 20
	s := narrow(t, "--limit-address-connections", "20", "--limit-handshake", "3s", "--limit-request", "3s")
	began := time.Now()
	slow := map[string]string{ // by what is never finished
		"a head":       "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"a handshake":  strings.TrimSuffix(upgrade, "\r\n"),
		"hello":        upgrade,
		"a body":       "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
		"the preface":  "PRI * HTTP/2.0\r\n\r\nSM",
		"a word":       "",
		"the settings": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	}
	conns := map[net.Conn]string{}
	for len(conns) < places {
		for what, says := range slow {
			if len(conns) < places {
				conns[s.dialFrom("127.0.0.1", says)] = what
			}
		}
	}
	if answer, ok := heard(s.dialFrom("127.0.0.1", "")); !ok || answer != "" {
		t.Errorf("one socket more was answered %q; hung up: %v", answer, ok)
	}
	stop := make(chan struct{})
	go drip(conns, stop)
	defer close(stop)
	for time.Since(began) < 2*time.Second {
		if !s.served("127.0.0.2") {
			t.Fatal("a neighbour is not served")
		}
	}
	for conn, what := range conns {
		if answer, ok := heard(conn); !ok {
			t.Errorf("after %s somebody who does not finish %s is still there; it was told %q", time.Since(began), what, answer)
		} else if what == "hello" && !strings.Contains(answer, "ERROR_CODE_TIMED_OUT") {
			t.Errorf("who said no hello was told %q", answer)
		}
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s to hang up on all", took)
	}
	for deadline := time.Now().Add(limitPatience); !s.served("127.0.0.1"); {
		if time.Now().After(deadline) {
			t.Fatal("its address gets no place any more")
		}
	}
}

// drip sends a byte on each connection now and then, where that does not finish what was begun.
func drip(conns map[net.Conn]string, stop <-chan struct{}) {
	every := time.NewTicker(200 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-stop:
			return
		case <-every.C:
		}
		for conn, what := range conns {
			if what == "a head" || what == "a body" {
				_, _ = conn.Write([]byte("x")) // it may be closed by now
			}
		}
	}
}

// Breaks for users: one address takes the places of all others, on one transport or
// the other; or behind a proxy everybody is one address, and shares its bounds.
func TestTheBoundsOfAnAddressHoldOnEveryTransportAndBehindAProxy(t *testing.T) {
	s := narrow(t, "--trusted-proxy", "127.0.0.1", "--limit-address-connections", "3")
	conn, err := grpc.NewClient("passthrough:///"+s.http, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var leave []func()
	open := map[string]func(address string) outcryv1.ErrorCode{"ws": func(address string) outcryv1.ErrorCode {
		c, answer, err := websocket.Dial(t.Context(), s.url+"/ws", &websocket.DialOptions{Subprotocols: []string{"outcry.v1.json"},
			HTTPHeader: http.Header{"X-Forwarded-For": {"198.51.100.7, " + address}}}) // what stands before it anybody could write
		if err == nil {
			leave = append(leave, func() { _ = c.CloseNow() })
			return 0
		}
		if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
			t.Errorf("refused with %s, %v", answer.Status, err)
		}
		return outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS
	}, "grpc": func(address string) outcryv1.ErrorCode {
		ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", address))
		leave = append(leave, cancel)
		stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/outcry.v1.Outcry/Connect")
		if err == nil {
			err = stream.SendMsg(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}})
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = stream.RecvMsg(&outcryv1.ServerFrames{})
		}
		if err == nil {
			return 0
		}
		if details := status.Convert(err).Details(); status.Code(err) == codes.ResourceExhausted && len(details) == 1 {
			return details[0].(*outcryv1.Error).GetCode()
		}
		t.Errorf("refused with %v", err)
		return outcryv1.ErrorCode_ERROR_CODE_INTERNAL
	}}
	for name, dial := range open {
		const one, other = "203.0.113.9", "203.0.113.10"
		for n := range 5 {
			want := outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
			if n >= 3 {
				want = outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS
			}
			if got := dial(one); got != want {
				t.Fatalf("%s: connection %d: %s, want %s", name, n+1, got, want)
			}
		}
		if got := dial(other); got != 0 {
			t.Errorf("%s: a neighbour behind the same proxy: %s", name, got)
		}
		seen := map[string]int{}
		for _, row := range s.printed("sessions", "--data", s.data, "--json", "--transport", name) {
			seen[row["address"]]++
		}
		if len(seen) != 2 || seen[one] != 3 || seen[other] != 1 {
			t.Errorf("%s: operators see %v", name, seen)
		}
		for _, end := range leave {
			end()
		}
		leave = nil
		for deadline := time.Now().Add(limitPatience); len(s.printed("sessions", "--data", s.data, "--json")) > 0; {
			if time.Now().After(deadline) {
				t.Fatal("clients that left are still there")
			}
		}
		if got := dial(one); got != 0 {
			t.Errorf("%s: after they left: %s", name, got)
		}
		leave[0]()
		leave = nil
	}
}
