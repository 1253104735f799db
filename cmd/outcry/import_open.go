package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// file imports one file and says how many inputs were refused.
func (m *importer) file(ctx context.Context, out, errs io.Writer, name string) (refused uint64, err error) {
	f, epoch, size, err := openWhole(name)
	if err != nil {
		return 0, &fileFault{err}
	}
	defer f.Close()
	options, err := m.optionsOf(name)
	if err != nil {
		return 0, &fileFault{err}
	}
	counted := &countingReader{r: f}
	reader, err := feed.Open(counted, name, options)
	if err != nil {
		return 0, &fileFault{err}
	}
	info, err := m.client.Info(ctx, &outcryv1.InfoRequest{})
	if err != nil {
		return 0, err
	}
	at, err := openBookmark(info.Lineage, epoch, m.fingerprint())
	if err != nil {
		return 0, err
	}
	w := &fileImport{importer: m, reader: reader, bookmark: at, name: name,
		progress: newProgress(out, filepath.Base(name), size, counted),
		request:  &outcryv1.IngestRequest{Source: m.source, Epoch: epoch, Mode: outcryv1.Mode_MODE_IMPORT}}
	w.refusals = refusals{out: errs, name: name, clear: w.progress.clear}
	if at.line > 0 {
		fmt.Fprintf(out, "%s: going on after line %d, where an import before came to\n", filepath.Base(name), at.line)
	}
	if err := w.run(ctx); err != nil {
		w.progress.clear()
		return w.refused(), err
	}
	w.progress.done(w.summary())
	return w.refused(), nil
}

// fingerprint is of what changes how a line is read: with other options a file is begun again.
func (m *importer) fingerprint() string {
	o := m.options
	o.Definitions, o.Replies = nil, nil
	return fmt.Sprintf("%s %s %s %+v", m.source, m.definitions, m.annotations, o)
}

// openWhole opens a file, reads it once to know its content by its SHA-256
// and that nothing of it is cut off, and leaves it at its start.
func openWhole(name string) (f *os.File, epoch string, size int64, err error) {
	info, err := os.Stat(name) // before Open, which would wait for a pipe's other end
	if err != nil {
		return nil, "", 0, err
	}
	if info.IsDir() {
		return nil, "", 0, errors.New("a directory: name the files in it")
	}
	if !info.Mode().IsRegular() {
		return nil, "", 0, errors.New("a pipe or device can't be read twice, as an import needs to; send a stream to POST /v1/ingest")
	}
	if f, err = os.Open(name); err != nil {
		return nil, "", 0, err
	}
	h := sha256.New()
	counted := &countingReader{r: io.TeeReader(f, h)}
	if err = feed.CheckWhole(counted); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, "", 0, fmt.Errorf("reading the whole of it, before anything is sent: %w", err)
	}
	return f, hex.EncodeToString(h.Sum(nil)), counted.n, nil
}

var dated = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

// optionsOf fills in what a file's name tells.
func (m *importer) optionsOf(name string) (feed.Options, error) {
	o := m.options
	if o.Format != "irc" {
		return o, nil
	}
	if o.Date == "" {
		o.Date = dated.FindString(filepath.Base(name))
	}
	annotations := m.annotations
	if annotations == "" && strings.Contains(name, ".raw.") {
		annotations = strings.Replace(name, ".raw.", ".annotation.", 1)
		if _, err := os.Stat(annotations); err != nil {
			return o, nil // none beside it
		}
	}
	if annotations == "" {
		return o, nil
	}
	f, err := os.Open(annotations)
	if err != nil {
		return o, fmt.Errorf("opening annotations: %w", err)
	}
	defer f.Close()
	o.Replies, err = feed.ReadReplies(f, annotations)
	return o, err
}
