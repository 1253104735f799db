package feed

import (
	"errors"
	"io"
	"slices"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// definedMax bounds the definitions that are remembered; a source with more
// instruments asks for them again.
const definedMax = 1 << 16

// Fields turns messages that were taken apart already into inputs, by the
// same rules as lines of csv and ndjson. One goroutine at a time.
type Fields struct{ rows *rows }

// NewFields reads by Kind, Instrument, TimeUnit, Room, Mantissas and Definitions of the options.
func NewFields(o Options) (*Fields, error) {
	r, err := newRows(o)
	if err != nil {
		return nil, err
	}
	return &Fields{r}, nil
}

// FieldNames are the names that inputs are made of; other fields are left out.
func FieldNames() []string { return slices.Clone(fieldNames) }

// Event gives the message's input, after the instrument's definition where
// that is fresh. seq is used where the message has no source_seq. fields is not kept.
func (f *Fields) Event(fields map[string]string, seq uint64, emit func(*outcryv1.IngestEvent)) error {
	return f.rows.event(fields, seq, emit)
}

// EachLine calls f with every line of r (gzip or plain) that is not blank, and
// its 1-based number. A line that is too long or not UTF-8 comes with the fault
// instead. The error is r's or f's.
func EachLine(r io.Reader, f func(n uint64, line string, fault error) error) error {
	l, err := openLines(r)
	if err != nil {
		return err
	}
	for {
		line, n, err := l.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, errLine):
			return err
		case err == nil && strings.TrimSpace(line) == "":
			continue
		}
		if err := f(n, line, err); err != nil {
			return err
		}
	}
}
