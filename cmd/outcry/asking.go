package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// asking is what commands share that ask a room for a change.
type asking struct {
	address
	name string
	json bool
}

func (a *asking) flags(cmd *cobra.Command) {
	a.address.flags(cmd)
	cmd.Flags().StringVar(&a.name, "user", systemUser(), "who asks; with a token, its user")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
}

// asker is a server that somebody asks.
type asker struct {
	client outcryv1connect.OutcryClient
	url    string
	user   string
}

func (a *asking) begin(cmd *cobra.Command) (*asker, error) {
	user := a.name
	if a.bearer() != "" && !cmd.Flags().Changed("user") {
		user = "" // the token says who it is
	}
	a.as = user
	client, url, err := a.client()
	if err != nil {
		return nil, err
	}
	return &asker{client, url, user}, nil
}

// no is what a room answered in place of a change.
type no struct{ why *outcryv1.Error }

func (n *no) Error() string {
	return fmt.Sprintf("refused: %s (%s)", n.why.GetText(), codeWord(n.why.GetCode()))
}

// submit asks once, under an id of its own. What a room refuses is a no.
func (a *asker) submit(ctx context.Context, room string, c *outcryv1.Command) (*outcryv1.Answer, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	c.Room, c.ClientMsgId = room, id[:]
	r, err := a.client.Submit(ctx, &outcryv1.SubmitRequest{User: a.user, Command: c})
	if err != nil {
		return nil, explain(err, a.url)
	}
	if r.Answer.Error != nil {
		return nil, &no{r.Answer.Error}
	}
	return r.Answer, nil
}

// print says which change it was.
func (a *asking) print(cmd *cobra.Command, answer *outcryv1.Answer) error {
	if a.json {
		text, err := protojson.Marshal(answer)
		return errors.Join(err, printLine(cmd, string(text)))
	}
	return printLine(cmd, fmt.Sprintf("%s %d", answer.Room, answer.Seq))
}

// codeOfRefusal is why a room said no; unspecified for other errors.
func codeOfRefusal(err error) outcryv1.ErrorCode {
	var n *no
	if errors.As(err, &n) {
		return n.why.GetCode()
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
}

// roomRow finds a room; nil where there is none, or none that may be seen.
func (a *asker) roomRow(ctx context.Context, id string) (*outcryv1.Room, error) {
	q := &outcryv1.RoomsRequest{Limit: 100, After: id[:max(len(id)-1, 0)]} // sorts right before it
	for {
		page, err := a.client.Rooms(ctx, q)
		if err != nil {
			return nil, explain(err, a.url)
		}
		for _, r := range page.Rooms {
			switch strings.Compare(r.Room, id) {
			case 0:
				return r, nil
			case 1:
				return nil, nil
			}
			q.After = r.Room
		}
		if !page.More {
			return nil, nil
		}
	}
}
