package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

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
the rest goes on; so do the other files when one cannot be read, which is then
refused whole. Importing a file again changes nothing: its lines are known by
the file's content. An import that was killed goes on after its last answered
batch. The exit code is 1 when anything was refused.

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
	refused, unread := uint64(0), 0
	for _, name := range files {
		n, err := m.file(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), name)
		refused += n
		var fault *fileFault
		switch {
		case err == nil:
		case cmd.Context().Err() != nil:
			return errors.New("interrupted: the same command goes on after the last answered batch")
		case errors.As(err, &fault):
			unread++
			fmt.Fprintf(cmd.ErrOrStderr(), "outcry: importing %s: %v\n", name, err)
		default:
			return explain(fmt.Errorf("importing %s: %w", name, err), m.server)
		}
	}
	return verdict(refused, unread, len(files))
}

// fileFault is an error of one file; the others can still be imported.
type fileFault struct{ error }

func (f *fileFault) Unwrap() error { return f.error }

// verdict says what of an import is not in.
func verdict(refused uint64, unread, files int) error {
	var parts []string
	if refused > 0 {
		parts = append(parts, count(refused, "input was", "inputs were")+" refused")
	}
	if unread > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s could not be read", unread, count(uint64(files), "file", "files")))
	}
	switch {
	case len(parts) == 0:
		return nil
	case files == 1 && unread == 1:
		return errors.New("the file could not be read")
	case files == unread:
		return errors.New(strings.Join(parts, ", "))
	}
	return fmt.Errorf("%s; everything else is in", strings.Join(parts, ", "))
}

func count(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
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
	if m.options.Format == "" {
		return misuse(cmd, "--format is needed: %s", strings.Join(feed.Formats(), ", "))
	}
	if err := m.options.Validate(); err != nil {
		return misuse(cmd, "%w", err)
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
