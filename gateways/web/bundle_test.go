package web_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A bundle that nobody can build from the sources beside it is a binary of
// unknown origin, and a change of the sources would silently not be served.
// The build type-checks the page and runs its unit tests, too.
func TestBundleIsFresh(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s in the PATH: the committed bundle is not compared with a fresh build", tool)
		}
	}
	if testing.Short() {
		t.Skip("short: the committed bundle is not compared with a fresh build")
	}
	work := t.TempDir()
	copySources(t, "page", work)
	out := filepath.Join(work, "out")
	run(t, work, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund")
	run(t, work, "npm", "run", "build", "--", out)
	fresh, kept := files(t, out), files(t, "dist")
	for name, content := range fresh {
		if !bytes.Equal(content, kept[name]) {
			t.Errorf("dist/%s is not what page gives: run npm ci && npm run build in gateways/web/page", name)
		}
	}
	for name := range kept {
		if _, ok := fresh[name]; !ok {
			t.Errorf("dist/%s comes from no source", name)
		}
	}
}

func copySources(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == "node_modules" {
			if d != nil && d.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
	if err != nil {
		t.Fatalf("copying the page's sources: %v", err)
	}
}

func run(t *testing.T, folder, name string, arguments ...string) {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.Dir = folder
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
}

func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, e := range entries {
		if found[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return found
}
