package guard_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"outcry/gateways/guard"
)

func status(t *testing.T, origins *guard.Origins, host string, origin ...string) int {
	t.Helper()
	served := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = host
	for _, o := range origin {
		r.Header.Add("Origin", o)
	}
	w := httptest.NewRecorder()
	guard.Handler(origins, served).ServeHTTP(w, r)
	if w.Code == http.StatusForbidden && w.Body.Len() < 20 {
		t.Errorf("host %q origin %q: refused without saying why", host, origin)
	}
	return w.Code
}

// TestOnlyThisMachineAndAllowedOriginsPass: otherwise any web page that a user
// visits could read prices and post messages in the user's name.
func TestOnlyThisMachineAndAllowedOriginsPass(t *testing.T) {
	origins, err := guard.ParseOrigins([]string{"https://Desk.example.com", "http://10.0.0.5:8080"})
	if err != nil {
		t.Fatal(err)
	}
	const pass, refused = http.StatusNoContent, http.StatusForbidden
	for _, c := range []struct {
		host   string
		origin []string
		want   int
	}{
		{"localhost:8080", nil, pass},
		{"LOCALHOST", nil, pass},
		{"127.0.0.1:8080", []string{"http://127.0.0.1:8080"}, pass},
		{"127.8.9.1", []string{"http://localhost:3000"}, pass},
		{"[::1]:8080", []string{"http://[::1]:8080"}, pass},
		{"[::ffff:127.0.0.1]:8080", nil, pass},
		{"outcry.localhost", nil, pass},
		{"desk.example.com", []string{"https://desk.example.com:443"}, pass},
		{"10.0.0.5:8080", []string{"http://10.0.0.5:8080"}, pass},
		{"localhost", []string{"https://desk.example.com"}, pass},

		{"evil.example:8080", nil, refused},
		{"localhost.evil.example", nil, refused},
		{"127.0.0.1.evil.example", nil, refused},
		{"10.0.0.6", nil, refused},
		{"", nil, refused},
		{"localhost", []string{"http://evil.example"}, refused},
		{"localhost", []string{"null"}, refused},
		{"localhost", []string{""}, refused},
		{"localhost", []string{"http://localhost@evil.example"}, refused},
		{"localhost", []string{"http://user@localhost"}, refused},
		{"localhost", []string{"file://localhost"}, refused},
		{"localhost", []string{"http://desk.example.com"}, refused},
		{"localhost", []string{"https://desk.example.com:8443"}, refused},
		{"localhost", []string{"http://localhost", "http://evil.example"}, refused},
	} {
		if got := status(t, origins, c.host, c.origin...); got != c.want {
			t.Errorf("host %q origin %q: %d, want %d", c.host, c.origin, got, c.want)
		}
	}
}

// TestOriginsThatAreNoneAreNamed: a typo in a flag would otherwise allow nothing, silently.
func TestOriginsThatAreNoneAreNamed(t *testing.T) {
	for _, text := range []string{"", "desk.example.com", "*", "https://", "ftp://a", "https://a/path", "https://a?b", "https://a#b", "https://u@a", "http://[::1"} {
		if _, err := guard.ParseOrigins([]string{"https://fine.example", text}); err == nil {
			t.Errorf("%q was taken for an origin", text)
		}
	}
}

// TestWherePeopleSignInTheServerHasNames: a server that people can't reach by its
// name is of no use, and one that answers to any name helps pages that pretend to be it.
func TestWherePeopleSignInTheServerHasNames(t *testing.T) {
	origins, err := guard.ParseOrigins([]string{"https://desk.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	origins.AllowHosts([]string{"Outcry.example.com"})
	const pass, refused = http.StatusNoContent, http.StatusForbidden
	for _, c := range []struct {
		host   string
		origin []string
		want   int
	}{
		{"outcry.example.com", nil, pass},
		{"outcry.example.com:8080", []string{"http://outcry.example.com:8080"}, pass},
		{"10.1.2.3:8080", []string{"http://10.1.2.3:8080"}, pass},
		{"[2001:db8::1]:8080", nil, pass},
		{"outcry.example.com", []string{"https://desk.example.com"}, pass},
		{"outcry.example.com", []string{"https://evil.example.com"}, refused},
		{"outcry.example.com:8080", []string{"http://outcry.example.com:9090"}, refused},
		{"evil.example.com", []string{"http://evil.example.com"}, refused},
		{"evil.example.com", nil, refused},
	} {
		if got := status(t, origins, c.host, c.origin...); got != c.want {
			t.Errorf("host %q origin %q: %d", c.host, c.origin, got)
		}
	}
}
