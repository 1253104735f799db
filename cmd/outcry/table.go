package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// table is an answer in rows of text, printed as people or programs want it.
type table struct {
	columns []string
	right   map[string]bool // columns of numbers
	rows    [][]string
	note    string // said beside it on standard error; empty: nothing
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// output is how a table is printed.
type output struct {
	format string
	json   bool
}

func (o *output) flags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&o.format, "format", "table", "table, csv or json")
	cmd.PersistentFlags().BoolVar(&o.json, "json", false, "the same as --format json: one object a line")
}

// check is for before the asking: a mistyped format is no reason to wait for an answer.
func (o *output) check(cmd *cobra.Command) error {
	if o.json {
		o.format = "json"
	}
	switch o.format {
	case "table", "csv", "json":
		return nil
	}
	return misuse(cmd, "unknown --format %q; there are table, csv, json", o.format)
}

// print writes in a format that was checked.
func (o *output) print(cmd *cobra.Command, t *table) error {
	w := cmd.OutOrStdout()
	switch o.format {
	case "csv":
		return t.csv(w)
	case "json":
		return t.json(w)
	}
	return t.text(w)
}

func (t *table) text(w io.Writer) error {
	widths := make([]int, len(t.columns))
	for _, r := range append([][]string{t.columns}, t.rows...) {
		for i, c := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for n, r := range append([][]string{t.columns}, t.rows...) {
		var b strings.Builder
		for i, c := range r {
			if n == 0 {
				c = strings.ToUpper(c)
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if t.right[t.columns[i]] {
				c = pad + c
			} else {
				c += pad
			}
			b.WriteString(c + "  ")
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(t.columns); err != nil {
		return err
	}
	return c.WriteAll(t.rows)
}

// json prints one object a line, every value as text: prices keep their digits.
func (t *table) json(w io.Writer) error {
	for _, r := range t.rows {
		var b strings.Builder
		for i, c := range r {
			key, _ := json.Marshal(t.columns[i])
			value, err := json.Marshal(c)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s%s:%s", map[bool]string{true: "{", false: ","}[i == 0], key, value)
		}
		if _, err := fmt.Fprintln(w, b.String()+"}"); err != nil {
			return err
		}
	}
	return nil
}
