package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"outcry/internal/digest"
)

// countingReader says how much of a file was read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// progress shows how far a file is: a bar on a terminal, a line every few seconds elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	name     string
	size     int64
	read     *countingReader
	begun    time.Time
	shown    time.Time
}

func newProgress(out io.Writer, name string, size int64, read *countingReader) *progress {
	f, ok := out.(*os.File)
	return &progress{out: out, terminal: ok && term.IsTerminal(int(f.Fd())), name: name, size: max(size, 1), read: read, begun: time.Now(), shown: time.Now()}
}

// at is told after each line of a file.
func (p *progress) at(line uint64) {
	p.show(float64(p.read.n)/float64(p.size), func(took time.Duration) string {
		return fmt.Sprintf("line %d, %.0f lines/s", line, float64(line)/took.Seconds())
	})
}

// show draws how far it is, if it is time to; rate says how fast.
func (p *progress) show(share float64, rate func(took time.Duration) string) {
	every := 5 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	if time.Since(p.shown) < every {
		return
	}
	p.shown = time.Now()
	took := time.Since(p.begun)
	share = min(1, share)
	eta := time.Duration(float64(took) * (1 - share) / max(share, 0.001)).Round(time.Second)
	if !p.terminal {
		fmt.Fprintf(p.out, "%s: %.0f %%, %s, %s to go\n", p.name, 100*share, rate(took), eta)
		return
	}
	const width = 30
	full := int(share * width)
	fmt.Fprintf(p.out, "\r\x1b[K%s [%s%s] %3.0f %%  %s  %s to go", p.name, strings.Repeat("█", full), strings.Repeat("·", width-full), 100*share, rate(took), eta)
}

// clear takes the bar from a terminal.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func (p *progress) done(summary string) {
	p.clear()
	fmt.Fprintf(p.out, "%s: %s in %s\n", p.name, summary, time.Since(p.begun).Round(time.Millisecond))
}

// bookmark remembers how far a file was answered, so that a killed import
// need not begin again. Losing it costs time only: what is sent twice is a duplicate.
type bookmark struct {
	path string
	line uint64
}

func openBookmark(lineage, epoch, options string) (*bookmark, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return &bookmark{}, nil // nowhere to remember: start from the beginning
	}
	name := digest.Sum([]byte(lineage + "\n" + epoch + "\n" + options)).String()
	b := &bookmark{path: filepath.Join(dir, "outcry", "imports", name+".json")}
	text, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &b.line)
	}
	if err != nil {
		return nil, fmt.Errorf("reading how far an import before came (delete %s to start again): %w", b.path, err)
	}
	return b, nil
}

// set replaces the file in one step, so that a kill leaves the old or the new.
func (b *bookmark) set(line uint64) error {
	if b.path == "" || line <= b.line {
		return nil
	}
	b.line = line
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return fmt.Errorf("remembering how far the import came: %w", err)
	}
	next := b.path + ".new"
	if err := os.WriteFile(next, fmt.Append(nil, line), 0o600); err != nil {
		return fmt.Errorf("remembering how far the import came: %w", err)
	}
	if err := os.Rename(next, b.path); err != nil {
		return fmt.Errorf("remembering how far the import came: %w", err)
	}
	return nil
}

func (b *bookmark) remove() error {
	if err := os.Remove(b.path); err != nil && b.path != "" && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting how far the import came: %w", err)
	}
	return nil
}
