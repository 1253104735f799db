package feed

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// MaxLine is how long a line may be, in bytes.
const MaxLine = 1 << 20

// Formats lists what Open reads.
func Formats() []string { return []string{"csv", "ndjson", "binance", "irc"} }

// Definitions says how an instrument's numbers are read. fresh asks the
// Reader to put the definition before the instrument's first input.
type Definitions interface {
	Definition(instrument string) (d *outcryv1.Definition, fresh bool, err error)
}

// Options say what a file does not say itself. Fields that a format does not use are ignored.
type Options struct {
	// Format is one of Formats.
	Format string
	// Kind is "quote" or "trade"; empty: found out from the columns (csv) or fields (ndjson).
	Kind string
	// Columns names the columns of a csv without a header line.
	Columns []string
	// Map gives, for field names of ours, the names that the file uses.
	Map map[string]string
	// Instrument is used where lines name none.
	Instrument string
	// Venue stands before the symbols of captures, as in BINANCE:BTCUSDT.
	Venue string
	// TimeUnit of integer times: s, ms, us or ns. Empty: integers are refused.
	TimeUnit string
	// Mantissas: prices and sizes are integers at the instrument's exponents already.
	Mantissas bool
	// Room takes the messages.
	Room string
	// Date of the first line of an irc log, YYYY-MM-DD.
	Date string
	// Replies gives, by 1-based line, the lines that it answers.
	Replies     map[uint64][]uint64
	Definitions Definitions
}

// LineError says what is wrong with one line.
type LineError struct {
	Name string
	Line uint64
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.Name, e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Counts of what was read so far.
type Counts struct {
	Lines, Events, Refused uint64
	// Ignored lines hold what Outcry has no place for yet, by what it is ("depth update").
	Ignored map[string]uint64
}

// lineParser turns a line into inputs by calling emit. It may keep state from line to line.
type lineParser interface {
	parse(line string, n uint64, emit func(*outcryv1.IngestEvent)) error
}

// errIgnored is what a lineParser gives for a line that is right but has no place.
type errIgnored string

func (e errIgnored) Error() string { return string(e) }

// errEnd is what a lineParser gives when no line after this one can be read either.
type errEnd struct{ error }

// Reader reads one file. Not for many goroutines.
type Reader struct {
	name    string
	ended   error // why there is no next
	lines   *lines
	parser  lineParser
	pending []*outcryv1.IngestEvent
	counts  Counts
}

// Open starts to read r, gzip or plain. name is for errors.
func Open(r io.Reader, name string, o Options) (*Reader, error) {
	l, err := openLines(r)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	p, err := newParser(o)
	if err != nil {
		return nil, err
	}
	return &Reader{name: name, lines: l, parser: p, counts: Counts{Ignored: map[string]uint64{}}}, nil
}

// Validate says what is wrong with options for which no file is to blame.
func (o Options) Validate() error {
	if !slices.Contains(Formats(), o.Format) {
		return fmt.Errorf("unknown format %q; there are %s", o.Format, strings.Join(Formats(), ", "))
	}
	if _, err := newRows(o); err != nil {
		return err
	}
	for ours := range o.Map {
		if !slices.Contains(fieldNames, ours) {
			return fmt.Errorf("map: %q is no field; there are %s", ours, strings.Join(fieldNames, ", "))
		}
	}
	return nil
}

func newParser(o Options) (lineParser, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	switch o.Format {
	case "csv":
		return newCSV(o)
	case "ndjson":
		return newNDJSON(o)
	case "binance":
		return newBinance(o)
	case "irc":
		return newIRC(o)
	}
	panic("feed: the format was validated")
}

// Next gives the next input. io.EOF ends; a *LineError does not.
func (r *Reader) Next() (*outcryv1.IngestEvent, error) {
	for len(r.pending) == 0 {
		if r.ended != nil {
			return nil, r.ended
		}
		if err := r.readLine(); err != nil {
			return nil, err
		}
	}
	ev := r.pending[0]
	r.pending = slices.Delete(r.pending, 0, 1)
	r.counts.Events++
	return ev, nil
}

func (r *Reader) readLine() error {
	line, n, err := r.lines.next()
	if err == nil {
		r.counts.Lines = n
		if strings.TrimSpace(line) == "" {
			return nil
		}
		err = r.parser.parse(line, n, func(ev *outcryv1.IngestEvent) {
			ev.Line = n
			r.pending = append(r.pending, ev)
		})
	} else if !errors.Is(err, errLine) {
		r.ended = fmt.Errorf("reading %s after line %d: %w", r.name, n, err)
		if err == io.EOF {
			r.ended = io.EOF
		}
		return r.ended
	}
	var ignored errIgnored
	var end errEnd
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ignored):
		r.counts.Ignored[string(ignored)]++
		return nil
	case errors.As(err, &end):
		r.ended = fmt.Errorf("reading %s:%d: %w", r.name, n, end.error)
		return r.ended
	}
	r.counts.Lines = n
	r.counts.Refused++
	r.pending = r.pending[:0]
	return &LineError{Name: r.name, Line: n, Err: err}
}

// Counts of what was read so far. The map is the reader's own.
func (r *Reader) Counts() Counts { return r.counts }
