package stage

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"outcry/internal/decimal"
)

// Condition compares a field of a row. In YAML it is a list: the field, the
// comparison, and what it takes:
//
//	[size, "<=", 0]
//	[venue, in, XTEST, XDEV]
//	[symbol, matches, "^TEST"]
//	[side, absent]
//
// "=" and "!=" compare numbers as numbers where both are, else text. A field
// that is absent or no number stands in no order: "<" and ">=" are both false.
type Condition struct {
	Field, Op string
	Values    []string
	match     *regexp.Regexp
}

// UnmarshalYAML reads the list.
func (c *Condition) UnmarshalYAML(decode func(any) error) error {
	var words []string
	if err := decode(&words); err != nil {
		return fmt.Errorf("a condition is a list [field, comparison, value…]: %w", err)
	}
	if len(words) < 2 {
		return fmt.Errorf("a condition is a list [field, comparison, value…], not %q", words)
	}
	c.Field, c.Op, c.Values = words[0], words[1], words[2:]
	return nil
}

// MarshalYAML writes the list.
func (c Condition) MarshalYAML() (any, error) {
	return append([]string{c.Field, c.Op}, c.Values...), nil
}

type comparison struct {
	least, most int // values
	holds       func(c *Condition, value string) bool
}

var comparisons = map[string]comparison{
	"=":       {1, 1, func(c *Condition, v string) bool { return v != "" && same(v, c.Values[0]) }},
	"!=":      {1, 1, func(c *Condition, v string) bool { return !same(v, c.Values[0]) }},
	"<":       {1, 1, func(c *Condition, v string) bool { n, ok := c.order(v); return ok && n < 0 }},
	"<=":      {1, 1, func(c *Condition, v string) bool { n, ok := c.order(v); return ok && n <= 0 }},
	">":       {1, 1, func(c *Condition, v string) bool { n, ok := c.order(v); return ok && n > 0 }},
	">=":      {1, 1, func(c *Condition, v string) bool { n, ok := c.order(v); return ok && n >= 0 }},
	"in":      {1, 1 << 16, func(c *Condition, v string) bool { return v != "" && slices.Contains(c.Values, v) }},
	"not in":  {1, 1 << 16, func(c *Condition, v string) bool { return !slices.Contains(c.Values, v) }},
	"matches": {1, 1, func(c *Condition, v string) bool { return c.match.MatchString(v) }},
	"absent":  {0, 0, func(_ *Condition, v string) bool { return v == "" }},
	"present": {0, 0, func(_ *Condition, v string) bool { return v != "" }},
}

// compile checks the condition and makes it ready.
func (c *Condition) compile() (err error) {
	op, ok := comparisons[c.Op]
	switch {
	case c.Field == "":
		return errors.New("names no field")
	case !ok:
		return fmt.Errorf("unknown comparison %q; there are %s", c.Op, known(comparisons))
	case len(c.Values) < op.least || len(c.Values) > op.most:
		return fmt.Errorf("%q takes %s, not %d values", c.Op, count(op), len(c.Values))
	}
	if strings.ContainsAny(c.Op, "<>") {
		if _, err := decimal.Compare(c.Values[0], "0"); err != nil {
			return fmt.Errorf("%q compares numbers: %w", c.Op, err)
		}
	}
	if c.Op == "matches" {
		c.match, err = regexp.Compile(c.Values[0])
	}
	return err
}

func count(op comparison) string {
	switch {
	case op.most == 0:
		return "no value"
	case op.most == 1:
		return "one value"
	}
	return "one value or more"
}

// same compares as numbers where both are: 1.50 is 1.5.
func same(a, b string) bool {
	if a == b {
		return true
	}
	n, err := decimal.Compare(a, b)
	return err == nil && n == 0
}

// order compares with the condition's number; ok is false where the value is none.
func (c *Condition) order(value string) (n int, ok bool) {
	n, err := decimal.Compare(value, c.Values[0])
	return n, err == nil
}

func holds(all []Condition, r Row) bool {
	for i := range all {
		c := &all[i]
		if !comparisons[c.Op].holds(c, r[c.Field]) {
			return false
		}
	}
	return true
}

// known lists the names of a map.
func known[V any](m map[string]V) string {
	if len(m) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// newDrop leaves rows out; without a condition everything would be.
func newDrop(reason string, when []Condition) (Stage, error) {
	if len(when) == 0 {
		return nil, errors.New("needs when, else nothing is left")
	}
	return Func(func(Row) error { return Drop(reason) }), nil
}
