package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// ndjsonParser reads one JSON object a line.
type ndjsonParser struct{ *rows }

func newNDJSON(o Options) (lineParser, error) {
	r, err := newRows(o)
	if err != nil {
		return nil, err
	}
	return &ndjsonParser{rows: r}, nil
}

func (p *ndjsonParser) parse(line string, n uint64, emit func(*outcryv1.IngestEvent)) error {
	fields, err := object(line)
	if err != nil {
		return err
	}
	r := make(row, len(fields))
	for _, name := range fieldNames {
		theirs := name
		if m := p.options.Map[name]; m != "" {
			theirs = m
		}
		switch v := fields[theirs].(type) {
		case nil:
		case string:
			r[name] = v
		case json.Number:
			r[name] = v.String()
		default:
			return fmt.Errorf("field %s is neither a string nor a number", theirs)
		}
	}
	return p.event(r, n, emit)
}

// object reads exactly one JSON object.
func object(line string) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if fields == nil {
		return nil, errors.New("reading JSON: not an object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading JSON: something stands after the object")
	}
	return fields, nil
}
