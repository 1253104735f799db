package stage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"outcry/internal/decimal"
)

// newScale multiplies fields that are there.
func newScale(m map[string]string) (Stage, error) {
	all, err := pairs(m)
	if err != nil {
		return nil, err
	}
	var faults []error
	for _, p := range all {
		if _, err := decimal.Multiply(p.from, "1"); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", p.field, err))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return Func(func(r Row) error {
		for _, p := range all {
			if r[p.field] == "" {
				continue
			}
			v, err := decimal.Multiply(r[p.field], p.from)
			if err != nil {
				return fmt.Errorf("scaling %s: %w", p.field, err)
			}
			r[p.field] = v
		}
		return nil
	}), nil
}

// newMultiply needs all factors: a product of what is not there is unknown.
func newMultiply(m map[string][]string) (Stage, error) {
	fields := slices.Sorted(maps.Keys(m))
	if len(fields) == 0 {
		return nil, errors.New("is empty")
	}
	for _, field := range fields {
		if len(m[field]) == 0 {
			return nil, fmt.Errorf("%s: names no factors", field)
		}
	}
	return Func(func(r Row) error {
		for _, field := range fields {
			product := "1"
			for _, factor := range m[field] {
				if r[factor] == "" {
					return fmt.Errorf("multiplying to %s: there is no %s", field, factor)
				}
				var err error
				if product, err = decimal.Multiply(product, r[factor]); err != nil {
					return fmt.Errorf("multiplying to %s: %w", field, err)
				}
			}
			r[field] = product
		}
		return nil
	}), nil
}

// digitsOf a unit below the second: how many places a time in it has to be moved to be ns.
var digitsOf = map[string]int32{"s": 9, "ms": 6, "us": 3, "ns": 0}

// newTimes makes fields that are there nanoseconds since 1970.
func newTimes(m map[string]string) (Stage, error) {
	all, err := pairs(m)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if _, unit := digitsOf[p.from]; !unit && !isLayout(p.from) {
			return nil, fmt.Errorf("%s: %q is neither s, ms, us, ns nor a layout such as %q", p.field, p.from, time.DateTime)
		}
	}
	return Func(func(r Row) error {
		for _, p := range all {
			if r[p.field] == "" {
				continue
			}
			ns, err := nanos(r[p.field], p.from)
			if err != nil {
				return fmt.Errorf("reading %s: %w", p.field, err)
			}
			r[p.field] = strconv.FormatInt(ns, 10)
		}
		return nil
	}), nil
}

// isLayout: two times that differ in all their parts must look different.
func isLayout(text string) bool {
	a := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	b := time.Date(2019, 11, 28, 17, 48, 59, 0, time.UTC)
	return a.Format(text) != b.Format(text)
}

func nanos(text, unit string) (int64, error) {
	if digits, ok := digitsOf[unit]; ok {
		return decimal.Parse(text, -digits) // 1.5 s is 1,500,000,000 of the -9th place
	}
	at, err := time.Parse(unit, text)
	if err != nil {
		return 0, fmt.Errorf("%q is not as %q", clip(text), unit)
	}
	if at.Year() < 1970 || at.Year() > 2200 {
		return 0, fmt.Errorf("%q is not between 1970 and 2200", clip(text))
	}
	return at.UnixNano(), nil
}
