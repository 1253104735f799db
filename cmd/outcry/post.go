package main

import (
	"errors"
	"fmt"
	"os/user"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	outcryv1 "outcry/proto/outcry/v1"
)

func newPost() *cobra.Command {
	var a address
	var name string
	var replyTo uint64
	var join, asJSON bool
	cmd := &cobra.Command{Use: "post ROOM TEXT", Short: "Post a message to a room", Args: needArgs(2, 2, "a room and a text are"),
		Long: `Post a message to a room and wait until it is durable and has its place there.
Only members may post; --join joins first (and creates a room that is not there).`,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, url, err := a.client()
			if err != nil {
				return err
			}
			if a.bearer() != "" && !cmd.Flags().Changed("user") {
				name = "" // the token says who it is
			}
			submit := func(c *outcryv1.Command) (*outcryv1.Answer, error) {
				id, err := uuid.NewV7()
				if err != nil {
					return nil, fmt.Errorf("making an id: %w", err)
				}
				c.Room, c.ClientMsgId = args[0], id[:]
				r, err := client.Submit(cmd.Context(), &outcryv1.SubmitRequest{User: name, Command: c})
				if err != nil {
					return nil, explain(err, url)
				}
				if e := r.Answer.Error; e != nil {
					return nil, fmt.Errorf("refused: %s (%s)%s", e.Text, codeWord(e.Code), joinHint(e.Code))
				}
				return r.Answer, nil
			}
			if join {
				if _, err := submit(&outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}); err != nil {
					return fmt.Errorf("joining %s: %w", args[0], err)
				}
			}
			answer, err := submit(&outcryv1.Command{Command: &outcryv1.Command_Post{
				Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(args[1])}, ReplyTo: replyTo}}})
			if err != nil {
				return err
			}
			if asJSON {
				text, err := protojson.Marshal(answer)
				return errors.Join(err, printLine(cmd, string(text)))
			}
			return printLine(cmd, fmt.Sprintf("%s %d", answer.Room, answer.Seq))
		}}
	a.flags(cmd)
	cmd.Flags().StringVar(&name, "user", systemUser(), "who posts; with a token, its user")
	cmd.Flags().Uint64Var(&replyTo, "reply-to", 0, "seq of the message that this one answers")
	cmd.Flags().BoolVar(&join, "join", false, "join the room first")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// joinHint says what helps who is not in the room.
func joinHint(c outcryv1.ErrorCode) string {
	switch c {
	case outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM, outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER:
		return "; --join joins first"
	}
	return ""
}

func printLine(cmd *cobra.Command, line string) error {
	_, err := fmt.Fprintln(cmd.OutOrStdout(), line)
	return err
}

func systemUser() string {
	u, err := user.Current()
	if err != nil {
		return "guest"
	}
	return u.Username
}
