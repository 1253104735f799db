package sqlite

import (
	"fmt"

	"outcry/events"
	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

// enum is the words of one enum; what it can't read is damage of our file.
type enum struct{ words.Enum }

var (
	sides       = enum{words.Sides}
	statuses    = enum{words.Statuses}
	barStates   = enum{words.BarStates}
	roles       = enum{words.Roles}
	kinds       = enum{words.Kinds}
	resolutions = enum{words.Resolutions}
)

func (e enum) word(value int32) string { return e.Word(value) }

func (e enum) value(word string) (int32, error) {
	value, err := e.Value(word)
	return value, damaged(err)
}

func damaged(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// resolutionWord refuses what is not kept: larger bars are merged on read.
func resolutionWord(r outcryv1.Resolution) (string, error) { return words.Resolution(r) }

func kindOf(word string) (events.Kind, error) {
	kind, err := words.Kind(word)
	return kind, damaged(err)
}

// orNull writes what is empty as NULL.
func orNull(text string, err error) (any, error) {
	if text == "" {
		return nil, err
	}
	return text, err
}

// digits writes a 128-bit integer in full; nil is NULL.
func digits(n *outcryv1.Int128) any {
	if n == nil {
		return nil
	}
	return words.Digits(n)
}

func parseDigits(text *string) (*outcryv1.Int128, error) {
	if text == nil {
		return nil, nil
	}
	if *text == "" {
		return nil, fmt.Errorf("no digits: %w", ErrDamaged)
	}
	n, err := words.ParseDigits(*text)
	return n, damaged(err)
}
