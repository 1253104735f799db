package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/topics"
)

// newPoisonSettle makes replay and drop: of the ids that are named, or of all that wait and fit the filter.
func newPoisonSettle(name, short string, done poison.State, settle func(*topics.Topics, context.Context, *poison.Entry) error) *cobra.Command {
	p, all, asJSON := &poisonFlags{}, false, false
	cmd := &cobra.Command{Use: name + " ID…", Short: short, Args: needArgs(0, -1, "an id is"),
		Example: "  outcry poison " + name + " 17 18\n  outcry poison " + name + " --all --pipeline acme --reason 'not defined'",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if all == (len(args) > 0) {
				return misuse(cmd, "name ids of outcry poison list, or --all that wait and fit --topic, --pipeline, --stage and --reason")
			}
			t, book, err := p.open(cmd)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, t.Close()) }()
			p.filter.State = poison.Waiting
			entries := book.Entries(p.filter)
			if !all {
				if entries, err = named(book, args); err != nil {
					return err
				}
			}
			return settleAll(cmd, entries, done, asJSON, func(e *poison.Entry) error { return settle(t, cmd.Context(), e) })
		}}
	p.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all that wait and fit")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a message")
	return cmd
}

// named finds entries; one that is not there is no reason to settle the others.
func named(book *poison.Book, ids []string) (entries []*poison.Entry, err error) {
	for _, id := range ids {
		e := book.Find(id)
		switch {
		case e == nil:
			return nil, fmt.Errorf("there is no message %s; nothing was done", id)
		case e.State != poison.Waiting:
			return nil, fmt.Errorf("message %s was %s already; nothing was done", id, e.State)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// settleAll goes on after a message that cannot be settled, and fails at the end.
func settleAll(cmd *cobra.Command, entries []*poison.Entry, done poison.State, asJSON bool, settle func(*poison.Entry) error) error {
	failed := 0
	for _, e := range entries {
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		object := map[string]any{"id": e.ID, "from": e.Key, "state": done}
		if err := settle(e); err != nil {
			failed++
			object["state"], object["error"] = e.State, err.Error()
			if !asJSON {
				fmt.Fprintf(cmd.ErrOrStderr(), "message %d: %v\n", e.ID, err)
			}
		}
		if asJSON {
			if err := json.NewEncoder(cmd.OutOrStdout()).Encode(object); err != nil {
				return err
			}
		}
	}
	if !asJSON {
		fmt.Fprintf(cmd.OutOrStdout(), "%d messages %s\n", len(entries)-failed, done)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d messages could not be settled", failed, len(entries))
	}
	return nil
}
