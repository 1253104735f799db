package stage

import "fmt"

// Row is one message as named fields. Absent and empty are the same.
type Row map[string]string

// Stage changes a row in place. It must not keep it.
type Stage interface {
	Apply(Row) error
}

// Func is a Stage of one function.
type Func func(Row) error

// Apply implements Stage.
func (f Func) Apply(r Row) error { return f(r) }

// Dropped says that a row is left out on purpose, and why.
type Dropped struct{ Reason string }

func (d *Dropped) Error() string { return "dropped: " + d.Reason }

// Drop is what a Stage returns to leave a row out.
func Drop(reason string) error { return &Dropped{Reason: reason} }

// Maker makes a stage written in Go from what stands under `with:`. Makers
// are called when pipelines are loaded, and again when they are reloaded.
type Maker func(with map[string]any) (Stage, error)

// Unknown says what happens to a row for which a table has no entry.
type Unknown string

// What may happen. Empty is UnknownPoison for symbols and UnknownKeep for joins.
const (
	UnknownKeep   Unknown = "keep"
	UnknownDrop   Unknown = "drop"
	UnknownPoison Unknown = "poison"
)

func (u Unknown) validate() error {
	switch u {
	case "", UnknownKeep, UnknownDrop, UnknownPoison:
		return nil
	}
	return fmt.Errorf("%q is none of keep, drop, poison", u)
}

// of tells what to do with a row for which what has no entry.
func (u Unknown) of(what, value string) error {
	switch u {
	case UnknownKeep:
		return nil
	case UnknownDrop:
		return Drop(fmt.Sprintf("%s has no %q", what, clip(value)))
	}
	return fmt.Errorf("%s has no %q", what, clip(value))
}

// clip keeps reasons short: what a producer sent may be long.
func clip(text string) string {
	if len(text) > 64 {
		return text[:64] + "…"
	}
	return text
}

// set writes a field; empty takes it away.
func (r Row) set(field, value string) {
	if value == "" {
		delete(r, field)
		return
	}
	r[field] = value
}
