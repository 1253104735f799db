package stage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pair is a field and what it gets.
type pair struct{ field, from string }

// pairs in the order of the fields, so that errors and traces are the same every time.
func pairs(m map[string]string) ([]pair, error) {
	if len(m) == 0 {
		return nil, errors.New("is empty")
	}
	all := make([]pair, 0, len(m))
	for _, field := range slices.Sorted(maps.Keys(m)) {
		if field == "" {
			return nil, errors.New("names an empty field")
		}
		all = append(all, pair{field, m[field]})
	}
	return all, nil
}

// newMap reads all values before it writes the first: {bid_price: b, b: c} is no chain.
func newMap(m map[string]string) (Stage, error) {
	all, err := pairs(m)
	if err != nil {
		return nil, err
	}
	return Func(func(r Row) error {
		var few [16]string
		values := few[:0]
		for _, p := range all {
			values = append(values, r[p.from])
		}
		for i, p := range all {
			r.set(p.field, values[i])
		}
		return nil
	}), nil
}

func newSet(m map[string]string) (Stage, error) {
	all, err := pairs(m)
	if err != nil {
		return nil, err
	}
	return Func(func(r Row) error {
		for _, p := range all {
			r.set(p.field, p.from)
		}
		return nil
	}), nil
}

// newFirst leaves a field alone when none of the others is there.
func newFirst(m map[string][]string) (Stage, error) {
	fields := slices.Sorted(maps.Keys(m))
	if len(fields) == 0 {
		return nil, errors.New("is empty")
	}
	return Func(func(r Row) error {
		for _, field := range fields {
			for _, from := range m[field] {
				if v := r[from]; v != "" {
					r[field] = v
					break
				}
			}
		}
		return nil
	}), nil
}

// newDerive fills texts in the order of the fields' names. One that needs a
// field which is absent makes its row poison: half a name is another name.
func newDerive(m map[string]string) (Stage, error) {
	all, err := pairs(m)
	if err != nil {
		return nil, err
	}
	parts := make([][]string, len(all))
	for i, p := range all {
		if parts[i], err = template(p.from); err != nil {
			return nil, fmt.Errorf("%s: %w", p.field, err)
		}
	}
	return Func(func(r Row) error {
		for i, p := range all {
			text, err := fill(parts[i], r)
			if err != nil {
				return fmt.Errorf("deriving %s: %w", p.field, err)
			}
			r.set(p.field, text)
		}
		return nil
	}), nil
}

// template takes "a{b}c" apart: texts at even places, fields at odd ones.
func template(text string) (parts []string, err error) {
	for {
		before, rest, open := strings.Cut(text, "{")
		parts = append(parts, before)
		if strings.Contains(before, "}") {
			return nil, fmt.Errorf("%q has a } without its {", text)
		}
		if !open {
			return parts, nil
		}
		field, after, ok := strings.Cut(rest, "}")
		if !ok || field == "" || strings.Contains(field, "{") {
			return nil, fmt.Errorf("%q: a field stands in braces, as in {symbol}", text)
		}
		parts, text = append(parts, field), after
	}
}

func fill(parts []string, r Row) (string, error) {
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		if r[part] == "" {
			return "", fmt.Errorf("there is no %s", part)
		}
		b.WriteString(r[part])
	}
	return b.String(), nil
}
