package guard

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Any website can reach loopback through its visitor's browser.
func TestOnlyLoopbackAndAllowedOriginsComeThrough(t *testing.T) {
	h := New([]string{"https://desk.example"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:8080", "", 200}, {"localhost:8080", "http://localhost:8080", 200}, {"[::1]:8080", "http://[::1]:8080", 200},
		{"127.0.0.1:8080", "https://desk.example", 200}, {"localhost", "", 200},
		{"127.0.0.1:8080", "https://evil.example", 403}, {"127.0.0.1:8080", "null", 403},
		{"evil.example", "", 403}, {"localhost.evil.example:8080", "", 403}, {"10.0.0.1", "", 403}, {"", "", 403},
		{"127.0.0.1:8080", "file://localhost", 403},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("Host %q, Origin %q: %d %s, want %d", c.host, c.origin, w.Code, w.Body, c.want)
		}
	}
}
