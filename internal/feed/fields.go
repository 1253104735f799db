package feed

import (
	"slices"

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
