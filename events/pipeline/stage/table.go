package stage

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bounds of a table.
const (
	TableBytesMax = 64 << 20
	tableRowsMax  = 1_000_000
)

// Table is reference data: rows under named columns.
type Table struct {
	Name    string
	columns []string
	rows    []map[string]string
}

// ParseTable reads csv under a header line, or JSON (where the text begins
// with [ or {): a list of objects, or an object of texts, whose columns are
// then named key and value.
func ParseTable(name string, text []byte) (*Table, error) {
	if len(text) > TableBytesMax {
		return nil, fmt.Errorf("table %s is larger than %d bytes", name, TableBytesMax)
	}
	t := &Table{Name: name}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var err error
	switch body := bytes.TrimSpace(text); {
	case len(body) == 0:
		err = errors.New("is empty")
	case body[0] == '[':
		err = t.readList(body)
	case body[0] == '{':
		err = t.readObject(body)
	default:
		err = t.readCSV(text)
	}
	if err == nil && len(t.rows) > tableRowsMax {
		err = fmt.Errorf("has %d rows, at most %d are taken", len(t.rows), tableRowsMax)
	}
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", name, err)
	}
	return t, nil
}

func (t *Table) readCSV(text []byte) error {
	r := csv.NewReader(bytes.NewReader(text))
	r.TrimLeadingSpace = true
	all, err := r.ReadAll()
	if err != nil {
		return err
	}
	t.columns = all[0]
	for i, name := range t.columns {
		if slices.Contains(t.columns[:i], name) {
			return fmt.Errorf("two columns are %q", name)
		}
	}
	for _, cells := range all[1:] {
		row := make(map[string]string, len(cells))
		for i, c := range cells {
			row[t.columns[i]] = strings.TrimSpace(c)
		}
		t.rows = append(t.rows, row)
	}
	return nil
}

func (t *Table) readList(text []byte) error {
	var list []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands after the list")
	}
	for _, object := range list {
		row := make(map[string]string, len(object))
		for name, v := range object {
			switch v.(type) {
			case nil:
				continue
			case string, json.Number, bool:
				row[name] = fmt.Sprint(v)
			default:
				return fmt.Errorf("row %d: %s is neither a text, a number nor a truth value", len(t.rows)+1, name)
			}
			if !slices.Contains(t.columns, name) {
				t.columns = append(t.columns, name)
			}
		}
		t.rows = append(t.rows, row)
	}
	return nil
}

func (t *Table) readObject(text []byte) error {
	var object map[string]string
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	t.columns = []string{"key", "value"}
	for k, v := range object {
		t.rows = append(t.rows, map[string]string{"key": k, "value": v})
	}
	return nil
}

// index gives the rows by a column; a value that stands twice is a fault, because one of them would be lost.
func (t *Table) index(column string) (map[string]map[string]string, error) {
	if err := t.has(column); err != nil {
		return nil, err
	}
	by := make(map[string]map[string]string, len(t.rows))
	for _, r := range t.rows {
		key := r[column]
		if key == "" {
			continue
		}
		if by[key] != nil {
			return nil, fmt.Errorf("table %s has two rows with %s %q", t.Name, column, clip(key))
		}
		by[key] = r
	}
	return by, nil
}

func (t *Table) has(column string) error {
	if !slices.Contains(t.columns, column) {
		return fmt.Errorf("table %s has no column %q; it has %s", t.Name, column, strings.Join(t.columns, ", "))
	}
	return nil
}

func (e Env) table(name string) (*Table, error) {
	if name == "" {
		return nil, errors.New("names no table")
	}
	if e.Table == nil {
		return nil, fmt.Errorf("table %s cannot be read here", name)
	}
	return e.Table(name)
}
