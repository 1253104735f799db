package feed

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// csvParser reads comma-separated lines under a header of field names.
type csvParser struct {
	*rows
	columns []string // our field names by column; "" is a column that is not ours
}

func newCSV(o Options) (lineParser, error) {
	r, err := newRows(o)
	if err != nil {
		return nil, err
	}
	p := &csvParser{rows: r}
	if len(o.Columns) > 0 {
		if err := p.header(o.Columns); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *csvParser) parse(line string, n uint64, emit func(*outcryv1.IngestEvent)) error {
	cells, err := split(line)
	if err != nil {
		return err
	}
	if p.columns == nil {
		if err := p.header(cells); err != nil {
			return errEnd{err} // no line below can be understood
		}
		return nil
	}
	if len(cells) != len(p.columns) {
		return fmt.Errorf("%d columns instead of %d", len(cells), len(p.columns))
	}
	r := make(row, len(cells))
	for i, name := range p.columns {
		if name != "" {
			r[name] = strings.TrimSpace(cells[i])
		}
	}
	return p.event(r, n, emit)
}

// header finds our fields among the file's columns. Columns that are not ours are left out.
func (p *csvParser) header(names []string) error {
	columns := make([]string, len(names))
	found := 0
	for i, name := range names {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		ours := name
		for field, theirs := range p.options.Map {
			if theirs == name {
				ours = field
			}
		}
		if slices.Contains(fieldNames, ours) {
			if slices.Contains(columns, ours) {
				return fmt.Errorf("two columns are %s", ours)
			}
			columns[i] = ours
			found++
		}
	}
	if !slices.Contains(columns, "time") || found < 2 {
		return fmt.Errorf("the header %q has not the columns that are needed (time, price, size or bid_price, ask_price …); rename with --map ours=theirs, or name them with --columns", strings.Join(names, ","))
	}
	p.columns = columns
	return nil
}

// split takes a line apart; quoting is rare and left to encoding/csv.
func split(line string) ([]string, error) {
	if !strings.Contains(line, `"`) {
		return strings.Split(line, ","), nil
	}
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, fmt.Errorf("reading csv: %w", err)
	}
	return cells, nil
}
