package stage

import (
	"errors"
	"fmt"
)

// Symbols translates the names of a feed into ours.
type Symbols struct {
	// Field that is translated; default instrument.
	Field string `yaml:"field,omitempty"`
	// Names gives ours by theirs.
	Names map[string]string `yaml:"names,omitempty"`
	// File holds more of them: csv or JSON with the columns From and To.
	File string `yaml:"file,omitempty"`
	// From and To are columns of the file; default key and value.
	From string `yaml:"from,omitempty"`
	To   string `yaml:"to,omitempty"`
	// Prefix is put before what was translated or kept, such as "ACME:".
	Prefix string `yaml:"prefix,omitempty"`
	// Unknown says what happens to a name that stands nowhere; default poison,
	// or keep where there are neither names nor a file.
	Unknown Unknown `yaml:"unknown,omitempty"`
}

func newSymbols(s *Symbols, e Env) (Stage, error) {
	c := *s
	field(&c.Field, "instrument")
	field(&c.From, "key")
	field(&c.To, "value")
	names, err := c.all(e)
	if fault := c.Unknown.validate(); fault != nil {
		err = errors.Join(fmt.Errorf("unknown: %w", fault), err)
	}
	if len(names) == 0 && c.Prefix == "" && err == nil {
		err = errors.New("needs names, a file or a prefix")
	}
	if err != nil {
		return nil, err
	}
	if len(names) == 0 && c.Unknown == "" {
		c.Unknown = UnknownKeep
	}
	return Func(func(r Row) error {
		theirs := r[c.Field]
		if theirs == "" {
			return nil
		}
		ours, ok := names[theirs]
		if !ok {
			if err := c.Unknown.of("the symbol table", theirs); err != nil {
				return err
			}
			ours = theirs
		}
		r[c.Field] = c.Prefix + ours
		return nil
	}), nil
}

// all names, those of the file and those given beside it.
func (s *Symbols) all(e Env) (map[string]string, error) {
	names := make(map[string]string, len(s.Names))
	if s.File != "" {
		t, err := e.table(s.File)
		if err != nil {
			return nil, err
		}
		if err := t.has(s.To); err != nil {
			return nil, err
		}
		rows, err := t.index(s.From)
		if err != nil {
			return nil, err
		}
		for theirs, row := range rows {
			names[theirs] = row[s.To]
		}
	}
	for theirs, ours := range s.Names {
		names[theirs] = ours
	}
	for theirs, ours := range names {
		if ours == "" {
			return nil, fmt.Errorf("%q is translated into nothing", theirs)
		}
	}
	return names, nil
}

// Join takes fields from the row of a table whose Key equals the row's field On.
type Join struct {
	// Table is a file, csv or JSON.
	Table string `yaml:"table"`
	// On is the row's field; default instrument.
	On string `yaml:"on,omitempty"`
	// Key is the table's column; default that of On.
	Key string `yaml:"key,omitempty"`
	// Take gives columns of the table by the fields they go to.
	Take map[string]string `yaml:"take"`
	// Unknown says what happens without such a row; default keep.
	Unknown Unknown `yaml:"unknown,omitempty"`
}

func newJoin(j *Join, e Env) (Stage, error) {
	c := *j
	field(&c.On, "instrument")
	field(&c.Key, c.On)
	if c.Unknown == "" {
		c.Unknown = UnknownKeep
	}
	faults := []error{}
	if err := c.Unknown.validate(); err != nil {
		faults = append(faults, fmt.Errorf("unknown: %w", err))
	}
	take, err := pairs(c.Take)
	if err != nil {
		faults = append(faults, fmt.Errorf("take %w", err))
	}
	rows, more := c.rows(e, take)
	if faults = append(faults, more...); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return Func(func(r Row) error {
		row := rows[r[c.On]]
		if row == nil {
			return c.Unknown.of("table "+c.Table, r[c.On])
		}
		for _, p := range take {
			r.set(p.field, row[p.from])
		}
		return nil
	}), nil
}

func (j *Join) rows(e Env, take []pair) (rows map[string]map[string]string, faults []error) {
	t, err := e.table(j.Table)
	if err != nil {
		return nil, []error{err}
	}
	if rows, err = t.index(j.Key); err != nil {
		faults = append(faults, err)
	}
	for _, p := range take {
		if err := t.has(p.from); err != nil {
			faults = append(faults, err)
		}
	}
	return rows, faults
}

// field gives a name its default.
func field(name *string, otherwise string) {
	if *name == "" {
		*name = otherwise
	}
}
