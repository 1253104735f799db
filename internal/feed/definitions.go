package feed

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	outcryv1 "outcry/proto/outcry/v1"
)

// AutoExponent is the exponent of prices and sizes under --define auto.
const AutoExponent = -8

// Book finds definitions: first those that were accepted before, because an
// exponent never changes, then those of a file, then made ones.
type Book struct {
	// Accepted asks the server; nil, nil where the instrument is not known.
	Accepted func(instrument string) (*outcryv1.Definition, error)
	// Given were read from a file.
	Given map[string]*outcryv1.Definition
	// Auto defines everything else with AutoExponent, UTC, 24x7.
	Auto bool
	// Made, when set, is told about each definition that Auto made.
	Made func(instrument string, d *outcryv1.Definition)
}

// Definition implements Definitions.
func (b *Book) Definition(id string) (d *outcryv1.Definition, fresh bool, err error) {
	if b.Accepted != nil {
		d, err = b.Accepted(id)
		if err != nil {
			return nil, false, fmt.Errorf("asking for the definition of %s: %w", id, err)
		}
	}
	given := b.Given[id]
	switch {
	case given != nil && (d == nil || given.PriceExponent == d.PriceExponent && given.SizeExponent == d.SizeExponent):
		return given, true, nil
	case given != nil:
		return nil, false, fmt.Errorf("the definition of %s has exponents %d and %d, but it was accepted with %d and %d, which never change",
			id, given.PriceExponent, given.SizeExponent, d.PriceExponent, d.SizeExponent)
	case d != nil:
		return d, false, nil
	case !b.Auto:
		return nil, false, fmt.Errorf("instrument %s is not defined: give --definitions FILE or --define auto", id)
	}
	d = &outcryv1.Definition{PriceExponent: AutoExponent, SizeExponent: AutoExponent, Calendar: "24x7"}
	if b.Made != nil {
		b.Made(id, d)
	}
	return d, true, nil
}

// ReadDefinitions reads a csv with the columns instrument, price_exponent,
// size_exponent and, where known, tick_size, size_step (mantissas), currency,
// calendar, description. The first fault ends it: half the definitions are worse than none.
func ReadDefinitions(r io.Reader, name string) (map[string]*outcryv1.Definition, error) {
	l, err := openLines(r)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	var columns []string
	all := map[string]*outcryv1.Definition{}
	for {
		line, n, err := l.next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s:%d: %w", name, n, err)
		}
		cells, err := split(line)
		switch {
		case err != nil:
		case columns == nil:
			columns, err = definitionColumns(cells)
		case line == "":
		default:
			err = define(all, columns, cells)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s:%d: %w", name, n, err)
		}
	}
}

// definitionFields sets a definition's field from its column.
var definitionFields = map[string]func(d *outcryv1.Definition, cell string) error{
	"instrument": func(*outcryv1.Definition, string) error { return nil },
	"price_exponent": func(d *outcryv1.Definition, c string) (err error) {
		d.PriceExponent, err = exponent(c)
		return err
	},
	"size_exponent": func(d *outcryv1.Definition, c string) (err error) {
		d.SizeExponent, err = exponent(c)
		return err
	},
	"tick_size": func(d *outcryv1.Definition, c string) (err error) { d.TickSize, err = step(c); return err },
	"size_step": func(d *outcryv1.Definition, c string) (err error) { d.SizeStep, err = step(c); return err },
	"currency":  func(d *outcryv1.Definition, c string) error { d.Currency = c; return nil },
	"calendar":  func(d *outcryv1.Definition, c string) error { d.Calendar = c; return nil },
	"description": func(d *outcryv1.Definition, c string) error {
		d.Description = c
		return nil
	},
}

func exponent(cell string) (int32, error) {
	e, err := strconv.ParseInt(cell, 10, 32)
	if err != nil || e < -18 || e > 9 {
		return 0, fmt.Errorf("exponent %q is not between -18 and 9", cell)
	}
	return int32(e), nil
}

func step(cell string) (int64, error) {
	if cell == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("step %q is not a mantissa (an integer of at least 0)", cell)
	}
	return n, nil
}

func definitionColumns(cells []string) ([]string, error) {
	for _, c := range cells {
		if definitionFields[c] == nil {
			return nil, fmt.Errorf("unknown column %q; there are %v", c, slices.Sorted(maps.Keys(definitionFields)))
		}
	}
	for _, need := range []string{"instrument", "price_exponent", "size_exponent"} {
		if !slices.Contains(cells, need) {
			return nil, fmt.Errorf("column %s is missing", need)
		}
	}
	return cells, nil
}

func define(all map[string]*outcryv1.Definition, columns, cells []string) error {
	if len(cells) != len(columns) {
		return fmt.Errorf("%d columns instead of %d", len(cells), len(columns))
	}
	d, id := &outcryv1.Definition{}, ""
	for i, c := range columns {
		if c == "instrument" {
			id = cells[i]
		}
		if err := definitionFields[c](d, cells[i]); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	if id == "" || all[id] != nil {
		return fmt.Errorf("instrument %q is empty or defined twice", id)
	}
	all[id] = d
	return nil
}
