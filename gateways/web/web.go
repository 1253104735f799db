package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed dist
var bundle embed.FS

// policy lets the page use its own origin only; 'self' covers the WebSocket
// too. The hash is that of the one style sheet that lightweight-charts puts
// into the page for its attribution logo.
const policy = "default-src 'self'; connect-src 'self'; style-src 'self' 'sha256-" + logoStyleHash + "'; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const logoStyleHash = "3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY="

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

type file struct {
	content     []byte
	contentType string
	etag        string
}

// Handler serves the page at / and its few files beside it; any other path is
// 404. GET and HEAD only.
func Handler() http.Handler {
	files := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		f, ok := files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r)
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	// Answers If-None-Match, HEAD and ranges.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

// load reads the embedded bundle. That it is whole is known when the binary is
// built, so anything else is a broken build.
func load() map[string]file {
	entries, err := fs.ReadDir(bundle, "dist")
	if err != nil {
		panic(fmt.Sprintf("reading the embedded page: %v", err))
	}
	files := make(map[string]file, len(entries))
	for _, e := range entries {
		content, err := bundle.ReadFile(path.Join("dist", e.Name()))
		if err != nil {
			panic(fmt.Sprintf("reading the embedded page: %v", err))
		}
		contentType, ok := contentTypes[path.Ext(e.Name())]
		if !ok {
			panic("the embedded page has a file of unknown kind: " + e.Name())
		}
		sum := sha256.Sum256(content)
		etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		files[e.Name()] = file{content, contentType, etag}
	}
	return files
}
