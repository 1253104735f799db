package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"outcry/events/pipeline/poison"
)

func newPoisonShow() *cobra.Command {
	p, asJSON := &poisonFlags{}, false
	cmd := &cobra.Command{Use: "show ID", Short: "Show one message, with its headers and its reason", Args: needArgs(1, 1, "an id of outcry poison list is"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			t, book, err := p.open(cmd)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, t.Close()) }()
			e := book.Find(args[0])
			if e == nil {
				return fmt.Errorf("there is no message %s; outcry poison list --all has them", args[0])
			}
			r, err := t.PoisonRecord(cmd.Context(), e.ID)
			if err != nil {
				return err
			}
			return showPoison(cmd, e, &r, asJSON)
		}}
	p.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; a message that is no UTF-8 is in value_base64")
	return cmd
}

func showPoison(cmd *cobra.Command, e *poison.Entry, r *poison.Record, asJSON bool) error {
	w := cmd.OutOrStdout()
	if asJSON {
		return json.NewEncoder(w).Encode(poisonObject(e, r))
	}
	fmt.Fprintf(w, "id        %d, %s\nfrom      %s\npipeline  %s\nstage     %s\nreason    %s\n", e.ID, e.State, r.Key(), r.Pipeline, r.Stage, r.Reason)
	if !r.Message.Time.IsZero() {
		fmt.Fprintf(w, "time      %s\n", when(r.Message.Time.UnixNano()))
	}
	if len(r.Message.Key) > 0 {
		fmt.Fprintf(w, "key       %s\n", printable(r.Message.Key))
	}
	for _, h := range r.Message.Headers {
		fmt.Fprintf(w, "header    %s: %s\n", h.Name, printable(h.Value))
	}
	if r.Cut > 0 {
		fmt.Fprintf(w, "cut       the last %d bytes are missing\n", r.Cut)
	}
	fmt.Fprintf(w, "\n%s\n", printable(r.Message.Value))
	return nil
}

// printable shows bytes that may be anything on a terminal, which obeys control characters.
func printable(b []byte) string {
	text := string(b)
	odd := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
		return strconv.Quote(text)
	}
	return text
}

// poisonObject is for scripts.
func poisonObject(e *poison.Entry, r *poison.Record) any {
	object := map[string]any{"id": e.ID, "state": e.State, "topic": r.Topic, "partition": r.Partition, "offset": r.Message.Offset,
		"pipeline": r.Pipeline, "stage": r.Stage, "reason": r.Reason}
	headers := []map[string]string{}
	for _, h := range r.Message.Headers {
		headers = append(headers, map[string]string{"name": h.Name, "value": string(h.Value)})
	}
	object["headers"] = headers
	if len(r.Message.Key) > 0 {
		object["key"] = string(r.Message.Key)
	}
	if r.Cut > 0 {
		object["cut_bytes"] = r.Cut
	}
	if r.Text() {
		object["value"] = string(r.Message.Value)
	} else {
		object["value_base64"] = r.Message.Value
	}
	return object
}
