package stage

import (
	"errors"
	"fmt"
	"strings"
)

// Spec declares one stage: exactly one of its fields is given, beside When and With.
type Spec struct {
	// When: the stage is only for rows for which all of these hold.
	When []Condition `yaml:"when,omitempty"`

	// Map gives fields of ours the values of others, all at once; an empty name takes the field away.
	Map map[string]string `yaml:"map,omitempty"`
	// Set writes fixed values.
	Set map[string]string `yaml:"set,omitempty"`
	// Time reads fields as s, ms, us, ns since 1970, or by a layout of Go's package time.
	Time map[string]string `yaml:"time,omitempty"`
	// Scale multiplies fields by exact numbers: ticks to prices, lots to units.
	Scale map[string]string `yaml:"scale,omitempty"`
	// Multiply writes the exact product of other fields.
	Multiply map[string][]string `yaml:"multiply,omitempty"`
	// Derive writes texts with other fields in braces: "{venue}:{symbol}".
	Derive map[string]string `yaml:"derive,omitempty"`
	// First writes the first of other fields that is there.
	First map[string][]string `yaml:"first,omitempty"`
	// Symbols translates a field by a table.
	Symbols *Symbols `yaml:"symbols,omitempty"`
	// Join takes fields from a row of a table.
	Join *Join `yaml:"join,omitempty"`
	// Drop leaves rows out, under this name; say which with when.
	Drop string `yaml:"drop,omitempty"`
	// Dedupe leaves out what was seen before. The pipeline does it; there is no Stage for it.
	Dedupe *Dedupe `yaml:"dedupe,omitempty"`
	// Use names a stage written in Go; With is given to it.
	Use  string         `yaml:"use,omitempty"`
	With map[string]any `yaml:"with,omitempty"`
}

// Dedupe bounds what is remembered.
type Dedupe struct {
	// Window is how many of the newest identities of a partition are told from
	// new ones at least; default 65,536, which takes 2 MB.
	Window int `yaml:"window,omitempty"`
}

// Env is what stages are built with.
type Env struct {
	// Table gives a table by the name of its file; nil: there are none.
	Table func(name string) (*Table, error)
	// Custom are the stages written in Go, by name.
	Custom map[string]Maker
}

// kinds lists every kind of stage with whether the Spec has it and how it is built.
func (s *Spec) kinds() []kind {
	return []kind{
		{"map", s.Map != nil, func(Env) (Stage, error) { return newMap(s.Map) }},
		{"set", s.Set != nil, func(Env) (Stage, error) { return newSet(s.Set) }},
		{"time", s.Time != nil, func(Env) (Stage, error) { return newTimes(s.Time) }},
		{"scale", s.Scale != nil, func(Env) (Stage, error) { return newScale(s.Scale) }},
		{"multiply", s.Multiply != nil, func(Env) (Stage, error) { return newMultiply(s.Multiply) }},
		{"derive", s.Derive != nil, func(Env) (Stage, error) { return newDerive(s.Derive) }},
		{"first", s.First != nil, func(Env) (Stage, error) { return newFirst(s.First) }},
		{"symbols", s.Symbols != nil, func(e Env) (Stage, error) { return newSymbols(s.Symbols, e) }},
		{"join", s.Join != nil, func(e Env) (Stage, error) { return newJoin(s.Join, e) }},
		{"drop", s.Drop != "", func(Env) (Stage, error) { return newDrop(s.Drop, s.When) }},
		{"dedupe", s.Dedupe != nil, func(Env) (Stage, error) { return newDedupe(s.Dedupe, s.When) }},
		{"use", s.Use != "", func(e Env) (Stage, error) { return newCustom(s.Use, s.With, e) }},
	}
}

type kind struct {
	name  string
	given bool
	build func(Env) (Stage, error)
}

// Name says which kind of stage it is; empty where it is none or several.
func (s *Spec) Name() string {
	name := ""
	for _, k := range s.kinds() {
		if k.given {
			if name != "" {
				return ""
			}
			name = k.name
		}
	}
	return name
}

// Build makes the stage, or tells all faults of it. For dedupe it gives nil.
func (s *Spec) Build(e Env) (Stage, error) {
	var given, all []string
	var chosen kind
	for _, k := range s.kinds() {
		all = append(all, k.name)
		if k.given {
			given, chosen = append(given, k.name), k
		}
	}
	switch {
	case len(given) == 0:
		return nil, fmt.Errorf("says no kind of stage; there are %s", strings.Join(all, ", "))
	case len(given) > 1:
		return nil, fmt.Errorf("says %s at once; make a stage of each", strings.Join(given, " and "))
	}
	var faults []error
	if s.With != nil && s.Use == "" {
		faults = append(faults, errors.New("with is only for use"))
	}
	for i := range s.When {
		if err := s.When[i].compile(); err != nil {
			faults = append(faults, fmt.Errorf("when[%d]: %w", i, err))
		}
	}
	built, err := chosen.build(e)
	if err != nil {
		faults = append(faults, prefixed(chosen.name, err)...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return guarded(s.When, built), nil
}

// prefixed puts a name before each of the errors that were joined.
func prefixed(name string, err error) (all []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, fmt.Errorf("%s: %w", name, e))
		}
		return all
	}
	return []error{fmt.Errorf("%s: %w", name, err)}
}

// guarded applies a stage to the rows for which all conditions hold.
func guarded(when []Condition, inner Stage) Stage {
	if len(when) == 0 || inner == nil {
		return inner
	}
	return Func(func(r Row) error {
		if !holds(when, r) {
			return nil
		}
		return inner.Apply(r)
	})
}

func newDedupe(d *Dedupe, when []Condition) (Stage, error) {
	switch {
	case d.Window < 0 || d.Window > 1<<22:
		return nil, fmt.Errorf("window %d is not between 0 and %d", d.Window, 1<<22)
	case len(when) > 0:
		return nil, errors.New("takes no when")
	}
	return nil, nil
}

func newCustom(name string, with map[string]any, e Env) (Stage, error) {
	make, ok := e.Custom[name]
	if !ok {
		return nil, fmt.Errorf("there is no stage %q in this binary; there are %s", name, known(e.Custom))
	}
	s, err := make(with)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}
