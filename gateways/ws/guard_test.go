package ws_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/guard"
	"outcry/gateways/ws"
)

// guarded serves the WebSocket behind the guard, as the binary does.
func guarded(t *testing.T, allowed ...string) (url string) {
	t.Helper()
	origins, err := guard.ParseOrigins(allowed)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(guard.Handler(origins, ws.NewServer(ws.Config{Pumps: gatewaytest.Pumps(t)})))
	t.Cleanup(h.Close)
	return "ws" + strings.TrimPrefix(h.URL, "http")
}

// dialAs tries to connect as a browser would, and gives the status of the answer.
func dialAs(t *testing.T, url, host, origin string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	o := &websocket.DialOptions{Subprotocols: []string{jsonProtocol}, Host: host, HTTPHeader: http.Header{}}
	if origin != "" {
		o.HTTPHeader.Set("Origin", origin)
	}
	conn, answer, err := websocket.Dial(ctx, url, o)
	if err == nil {
		_ = conn.CloseNow()
	}
	if answer == nil {
		t.Fatalf("no answer: %v", err)
	}
	if (err == nil) != (answer.StatusCode == http.StatusSwitchingProtocols) {
		t.Fatalf("status %d with error %v", answer.StatusCode, err)
	}
	return answer.StatusCode
}

// A WebSocket knows no same-origin rule of its own: any page that a user
// visits may open one to localhost, read prices and post in the user's name,
// and a name that is pointed at 127.0.0.1 passes for the page's own server.
func TestForeignPagesAndNamesAreRefusedAtTheUpgrade(t *testing.T) {
	url := guarded(t, "https://desk.example.com")
	const opened, refused = http.StatusSwitchingProtocols, http.StatusForbidden
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"", "", opened}, // a program, not a page
		{"", "http://localhost:8080", opened},
		{"localhost:8080", "http://127.0.0.1:8080", opened},
		{"desk.example.com", "https://desk.example.com", opened},

		{"", "https://evil.example", refused},
		{"", "null", refused},
		{"", "https://desk.example.com.evil.example", refused},
		{"", "http://desk.example.com", refused},
		{"evil.example", "", refused},
		{"evil.example:8080", "http://evil.example:8080", refused},
		{"localhost.evil.example", "http://localhost", refused},
	} {
		if got := dialAs(t, url, c.host, c.origin); got != c.want {
			t.Errorf("host %q origin %q: %d, want %d", c.host, c.origin, got, c.want)
		}
	}
}
