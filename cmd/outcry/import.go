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
	"time"

	"github.com/spf13/cobra"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// importer is one run of outcry import.
type importer struct {
	address
	options     feed.Options
	mapped      []string
	definitions string
	define      string
	annotations string
	source      string
	batch       int
	rate        float64

	client outcryv1connect.OutcryClient
	book   *feed.Book
	server string
}

func newImport() *cobra.Command {
	m := &importer{}
	cmd := &cobra.Command{
		Use: "import --format FORMAT FILE…", Short: "Take files of ticks or chat into a running server", Args: needArgs(1, -1, "a file is"),
		Long: `Take files into a running server: csv, ndjson, binance captures, irc logs, plain or
gzipped. A line that cannot be read is printed with file and line, counted, and
the rest goes on. Importing a file again changes nothing: its lines are known by
the file's content. An import that was killed goes on after its last answered batch.

csv headers and ndjson fields: time, instrument, price, size, side, trade_id,
bid_price, bid_size, ask_price, ask_size, venue, conditions, source_seq,
receive_time; rename with --map ours=theirs.`,
		Example: `  outcry import --format binance --define auto spot_btcusdt.jsonl.gz
  outcry import --format csv --time-unit s --columns time,price,size,side --instrument BINANCE:BTCUSDT --define auto trades.csv
  outcry import --format irc --room ubuntu 2004-11-15_03.raw.txt.gz`,
		RunE: func(cmd *cobra.Command, args []string) error { return m.run(cmd, args) },
	}
	m.address.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&m.options.Format, "format", "", strings.Join(feed.Formats(), ", "))
	f.StringVar(&m.options.Kind, "kind", "", "quote or trade; without it the columns tell")
	f.StringSliceVar(&m.mapped, "map", nil, "ours=theirs: what the file calls a field")
	f.StringSliceVar(&m.options.Columns, "columns", nil, "the fields of a csv without a header line, in order")
	f.StringVar(&m.options.Instrument, "instrument", "", "instrument of lines that name none")
	f.StringVar(&m.options.Venue, "venue", "BINANCE", "stands before the symbols of captures")
	f.StringVar(&m.options.TimeUnit, "time-unit", "", "unit of integer times: s, ms, us or ns")
	f.StringVar(&m.options.Room, "room", "ubuntu", "room of the messages")
	f.StringVar(&m.options.Date, "date", "", "date of an irc log's first line, YYYY-MM-DD; without it the file's name tells")
	f.StringVar(&m.annotations, "annotations", "", "which line answers which; without it NAME.annotation.txt.gz beside NAME.raw.txt.gz")
	f.StringVar(&m.definitions, "definitions", "", "csv of definitions: instrument, price_exponent, size_exponent, …")
	f.StringVar(&m.define, "define", "", "auto: define unknown instruments with exponent -8, UTC, 24x7")
	f.StringVar(&m.source, "source", "file", "name of the source")
	f.IntVar(&m.batch, "batch", 10_000, "inputs sent at a time")
	f.Float64Var(&m.rate, "rate", 0, "inputs a second at most; 0 is as fast as it goes")
	return cmd
}

func (m *importer) run(cmd *cobra.Command, files []string) error {
	if err := m.prepare(cmd); err != nil {
		return err
	}
	refused := uint64(0)
	for _, name := range files {
		n, err := m.file(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), name)
		if err != nil {
			return explain(fmt.Errorf("importing %s: %w", name, err), m.server)
		}
		refused += n
	}
	if refused > 0 {
		return fmt.Errorf("%d inputs were refused; the others are in", refused)
	}
	return nil
}

func (m *importer) prepare(cmd *cobra.Command) (err error) {
	if m.define != "" && m.define != "auto" {
		return misuse(cmd, "--define %q: there is only auto", m.define)
	}
	if m.batch < 1 || m.batch > 50_000 {
		return misuse(cmd, "--batch %d: 1 to 50000", m.batch)
	}
	m.options.Map = map[string]string{}
	for _, pair := range m.mapped {
		ours, theirs, ok := strings.Cut(pair, "=")
		if !ok {
			return misuse(cmd, "--map %q: write ours=theirs", pair)
		}
		m.options.Map[ours] = theirs
	}
	if m.client, m.server, err = m.address.client(); err != nil {
		return err
	}
	m.book = &feed.Book{Auto: m.define == "auto", Accepted: m.accepted(cmd.Context()), Made: func(id string, _ *outcryv1.Definition) {
		fmt.Fprintf(cmd.OutOrStdout(), "defined %s: exponent %d for prices and sizes, UTC, 24x7\n", id, feed.AutoExponent)
	}}
	m.options.Definitions = m.book
	if m.definitions == "" {
		return nil
	}
	f, err := os.Open(m.definitions)
	if err != nil {
		return fmt.Errorf("opening definitions: %w", err)
	}
	defer f.Close()
	m.book.Given, err = feed.ReadDefinitions(f, m.definitions)
	return err
}

func (m *importer) accepted(ctx context.Context) func(string) (*outcryv1.Definition, error) {
	return func(id string) (*outcryv1.Definition, error) {
		a, err := m.client.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{id}})
		if err != nil || len(a.Instruments) == 0 {
			return nil, err
		}
		return a.Instruments[0].Definition, nil
	}
}

// file imports one file and says how many inputs were refused.
func (m *importer) file(ctx context.Context, out, errs io.Writer, name string) (refused uint64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	epoch, size, err := hashFile(f)
	if err != nil {
		return 0, err
	}
	options, err := m.optionsOf(name)
	if err != nil {
		return 0, err
	}
	info, err := m.client.Info(ctx, &outcryv1.InfoRequest{})
	if err != nil {
		return 0, err
	}
	at, err := openBookmark(info.Lineage, epoch, fmt.Sprint(m.source, options.Instrument, options.Room, options.Venue, options.Kind))
	if err != nil {
		return 0, err
	}
	counted := &countingReader{r: f}
	reader, err := feed.Open(counted, name, options)
	if err != nil {
		return 0, err
	}
	w := &fileImport{importer: m, reader: reader, bookmark: at, errs: errs, name: name,
		progress: newProgress(out, filepath.Base(name), size, counted),
		request:  &outcryv1.IngestRequest{Source: m.source, Epoch: epoch, Mode: outcryv1.Mode_MODE_IMPORT}}
	if at.line > 0 {
		fmt.Fprintf(out, "%s: going on after line %d, where an import before came to\n", filepath.Base(name), at.line)
	}
	if err := w.run(ctx); err != nil {
		return 0, err
	}
	w.progress.done(w.summary())
	return w.total.Refused + reader.Counts().Refused, nil
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

// hashFile gives the SHA-256 of the content and leaves the file at its start.
func hashFile(f *os.File) (epoch string, size int64, err error) {
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, fmt.Errorf("hashing: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("going back to the start: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// fileImport sends one file.
type fileImport struct {
	*importer
	reader   *feed.Reader
	bookmark *bookmark
	request  *outcryv1.IngestRequest
	total    outcryv1.IngestResponse
	progress *progress
	errs     io.Writer
	name     string
	shown    int
}

func (w *fileImport) run(ctx context.Context) error {
	begun, sent := time.Now(), 0
	for {
		more, err := w.fill()
		if err != nil {
			return err
		}
		if err := w.send(ctx); err != nil {
			return err
		}
		if !more {
			return w.bookmark.remove()
		}
		sent += len(w.request.Events)
		if w.rate > 0 {
			wait := time.Until(begun.Add(time.Duration(float64(sent) / w.rate * 1e9)))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(wait):
			}
		}
	}
}

// fill gathers the next batch, leaving out what was answered before.
func (w *fileImport) fill() (more bool, err error) {
	w.request.Events = w.request.Events[:0]
	for len(w.request.Events) < w.batch {
		ev, err := w.reader.Next()
		var line *feed.LineError
		switch {
		case err == nil:
			if ev.Line > w.bookmark.line {
				w.request.Events = append(w.request.Events, ev)
			}
		case errors.As(err, &line):
			w.refuse(err.Error())
		case errors.Is(err, io.EOF):
			return false, nil
		default:
			return false, err
		}
	}
	return true, nil
}

// refusalsShown bounds what is printed of a file; all are counted.
const refusalsShown = 100

func (w *fileImport) refuse(text string) {
	w.shown++
	switch {
	case w.shown <= refusalsShown:
		fmt.Fprintln(w.errs, text)
	case w.shown == refusalsShown+1:
		fmt.Fprintf(w.errs, "%s: more refusals are counted, not printed\n", w.name)
	}
}

func (w *fileImport) send(ctx context.Context) error {
	if len(w.request.Events) == 0 {
		return nil
	}
	a, err := w.client.Ingest(ctx, w.request)
	if err != nil {
		return err
	}
	w.total.Accepted += a.Accepted
	w.total.Duplicates += a.Duplicates
	w.total.Late += a.Late
	w.total.Refused += a.Refused
	for _, r := range a.Refusals {
		w.refuse(fmt.Sprintf("%s:%d: %s: %s (%s)", w.name, r.Line, r.Id, r.Error.GetText(), codeWord(r.Error.GetCode())))
	}
	last := w.request.Events[len(w.request.Events)-1].Line
	w.progress.at(last)
	// The last line may have more inputs in the next batch: go on from the one before.
	return w.bookmark.set(last - 1)
}

func (w *fileImport) summary() string {
	c := w.reader.Counts()
	s := fmt.Sprintf("%d lines: %d accepted, %d duplicates, %d late, %d refused", c.Lines, w.total.Accepted, w.total.Duplicates, w.total.Late, w.total.Refused+c.Refused)
	for what, n := range c.Ignored {
		s += fmt.Sprintf(", %d ignored (%s)", n, what)
	}
	return s
}
