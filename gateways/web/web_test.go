package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"outcry/gateways/web"
)

func get(t *testing.T, path string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	web.Handler().ServeHTTP(w, r)
	return w.Result()
}

// Without these headers a stray script, or a page that frames this one, could act as the user.
func TestEveryFileComesWithItsTypeAndAStrictPolicy(t *testing.T) {
	types := map[string]string{
		"/": "text/html", "/index.html": "text/html", "/app.js": "text/javascript", "/app.css": "text/css", "/icon.svg": "image/svg+xml", "/NOTICES.txt": "text/plain",
	}
	for path, contentType := range types {
		r := get(t, path, nil)
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), contentType) {
			t.Errorf("%s: %s, %s; want %s", path, r.Status, r.Header.Get("Content-Type"), contentType)
		}
		policy := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "frame-ancestors 'none'", "connect-src 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %s", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: the policy %q lets too much in", path, policy)
		}
	}
}

// A page that is kept without asking would speak yesterday's protocol to today's server.
func TestAKeptFileIsAskedForAgainAndNotSentTwice(t *testing.T) {
	first := get(t, "/app.js", nil)
	if first.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("Cache-Control is %q", first.Header.Get("Cache-Control"))
	}
	again := get(t, "/app.js", http.Header{"If-None-Match": {first.Header.Get("ETag")}})
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("the same ETag got %s", again.Status)
	}
	other := get(t, "/app.js", http.Header{"If-None-Match": {`"of-yesterday"`}})
	if body, err := io.ReadAll(other.Body); err != nil || other.StatusCode != http.StatusOK || len(body) == 0 {
		t.Errorf("another ETag got %s and %d bytes (%v)", other.Status, len(body), err)
	}
}

// Nobody should find the sources' folders, or write.
func TestOtherPathsAndMethodsAreRefused(t *testing.T) {
	for _, path := range []string{"/dist/app.js", "/page/package.json", "/../web.go", "/app.js/", "/favicon.ico"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		web.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	web.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
