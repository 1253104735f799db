package outcry

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is one Go file that is not generated.
type source struct {
	path, dir string
	test      bool
	doc       bool // has a package comment
	imports   []string
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata" || path == "bin"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasPrefix(path, "proto"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{path: path, dir: filepath.ToSlash(filepath.Dir(path)), test: strings.HasSuffix(path, "_test.go"), doc: f.Doc != nil}
		for _, i := range f.Imports {
			s.imports = append(s.imports, strings.Trim(i.Path.Value, `"`))
		}
		all = append(all, s)
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("reading the tree: %d files, %v", len(all), err)
	}
	return all
}

// stages in the order of an event's way; each may import itself, the pure
// packages of others, and what stands before it.
var allowed = map[string][]string{
	"events":      {"events", "proto", "internal"},
	"actors":      {"actors", "events", "projections", "proto", "internal"},
	"projections": {"projections", "events", "proto", "internal"},
	"gateways":    {"gateways", "actors/instrument", "actors/room", "events", "projections", "proto", "internal"},
	"bench":       {"bench", "actors/instrument", "events", "proto", "internal"}, // the fold alone is what the whole is measured against
	"internal":    {"internal", "proto", "events"},
}

// A stage that reaches into another's shell can no longer be changed alone.
func TestStagesImportOnlyWhatStandsBeforeThem(t *testing.T) {
	for _, s := range sources(t) {
		stage, _, _ := strings.Cut(s.dir, "/")
		rules, ok := allowed[stage]
		if !ok {
			continue // cmd and the root join everything
		}
		for _, i := range s.imports {
			inner, ours := strings.CutPrefix(i, "outcry/")
			if ours && !slices.ContainsFunc(rules, func(r string) bool { return inner == r || strings.HasPrefix(inner, r+"/") }) {
				t.Errorf("%s imports %s", s.path, i)
			}
		}
	}
}

// One gateway that imports an engine, and the engines can't be exchanged any more.
func TestEnginesAreOnlyJoinedByCommands(t *testing.T) {
	for _, s := range sources(t) {
		for _, i := range s.imports {
			engine := i == "outcry/events/embedded" || i == "outcry/events/kafka" || i == "outcry/projections/sqlite" || i == "outcry/projections/scylla"
			home := strings.HasPrefix("outcry/"+s.dir, i) || strings.HasPrefix(s.dir, "cmd/") || strings.HasPrefix(s.dir, "bench")
			if engine && !home && !s.test {
				t.Errorf("%s imports %s", s.path, i)
			}
		}
	}
}

var homes = map[string][]string{
	"github.com/zeebo/xxh3":                    {"internal/digest"},
	"github.com/gocql/gocql":                   {"projections/scylla"},
	"github.com/scylladb/gocqlx":               {"projections/scylla"},
	"modernc.org/sqlite":                       {"projections/sqlite"},
	"github.com/asynkron/protoactor-go":        {"actors/host", "gateways/pump"},
	"github.com/gobwas/ws":                     {"gateways/ws"},
	"github.com/coder/websocket":               {"cmd/outcry", "gateways/feeds"}, // clients
	"connectrpc.com/connect":                   {"gateways/rpc", "gateways/grpc"},
	"connectrpc.com/grpchealth":                {"gateways/grpc"},
	"connectrpc.com/grpcreflect":               {"gateways/grpc"},
	"github.com/prometheus/client_golang":      {"cmd/outcry"},
	"github.com/spf13/cobra":                   {"cmd/outcry"},
	"github.com/klauspost/compress":            {"internal/zpack"},
	"github.com/ThreeDotsLabs/watermill":       {"events", "actors/host"},
	"github.com/IBM/sarama":                    {"events/kafka", "events/pipeline/topics"},
	"github.com/ThreeDotsLabs/watermill-kafka": {"events/kafka"},
	"github.com/twmb/franz-go":                 {"events/kafka"},
	"github.com/xdg-go/scram":                  {"events/kafka"},
	"github.com/go-jose/go-jose":               {"gateways/identity/signin"},
	"golang.org/x/crypto":                      {"gateways/resume"},
	"golang.org/x/term":                        {"cmd/outcry"},
	"go.opentelemetry.io/otel":                 {"cmd/outcry"},
	"github.com/centrifugal":                   {"bench/rival"},
	"golang.org/x/time":                        {"gateways/limit"},
}

// A library with two homes is updated in one of them.
func TestEachOutsideLibraryHasOneHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, i := range s.imports {
			for lib, dirs := range homes {
				if !s.test && (i == lib || strings.HasPrefix(i, lib+"/")) &&
					!slices.ContainsFunc(dirs, func(d string) bool { return s.dir == d || strings.HasPrefix(s.dir, d+"/") }) {
					t.Errorf("%s imports %s, which lives in %v", s.path, i, dirs)
				}
			}
		}
	}
}

// A fold that looks at a clock or a disk gives another history on replay.
func TestPurePackagesTouchNoWorld(t *testing.T) {
	pure := []string{"actors/instrument", "actors/room", "internal/decimal"}
	world := []string{"time", "os", "io", "net", "sync", "context", "math/rand", "crypto/rand", "log/slog", "database/sql"}
	for _, s := range sources(t) {
		if s.test || !slices.Contains(pure, s.dir) {
			continue
		}
		for _, i := range s.imports {
			if slices.ContainsFunc(world, func(w string) bool { return i == w || strings.HasPrefix(i, w+"/") }) {
				t.Errorf("%s imports %s", s.path, i)
			}
		}
	}
}

// Someone new finds the room for a change from the package comments.
func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			said[s.dir] = said[s.dir] || s.doc
		}
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
	for _, name := range []string{"util", "common", "helpers", "misc", "base", "core", "lib", "pkg", "types", "models", "errors", "mocks", "manager", "service"} {
		for dir := range said {
			if filepath.Base(dir) == name {
				t.Errorf("%s: a package is named for what it gives", dir)
			}
		}
	}
}

// pathInText finds what looks like a path of this tree between backquotes.
var pathInText = regexp.MustCompile("`((?:\\.ci|actors|bench|cmd|deploy|docs|events|gateways|internal|projections|proto)(?:/[A-Za-z0-9_.-]+)*)/?`")

// A map with a hole or a street that is gone leads someone new astray; so does
// any other page that names a file which is not there.
func TestTheMapIsComplete(t *testing.T) {
	text, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]bool{"proto/outcry/v1": true, "proto/outcry/v1/outcryv1connect": true}
	for _, s := range sources(t) {
		dirs[s.dir] = true
	}
	for dir := range dirs {
		if dir != "." && !strings.Contains(string(text), "`"+dir+"`") {
			t.Errorf("docs/ARCHITECTURE.md does not name %s", dir)
		}
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("docs/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, more...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pathInText.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
				t.Errorf("%s names %s: %v", page, m[1], err)
			}
		}
	}
}

// A link that leads nowhere is worse than none.
func TestLinksOfThePagesLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
