package main

import (
	"fmt"
	"os/user"

	"github.com/spf13/cobra"

	outcryv1 "outcry/proto/outcry/v1"
)

func newPost() *cobra.Command {
	var a asking
	var replyTo uint64
	var join bool
	var to string
	cmd := &cobra.Command{Use: "post ROOM TEXT", Short: "Post a message to a room, or to one person",
		Long: `Post a message to a room and wait until it is durable and has its place there.
Only members may post; --join joins first (and creates a room that is not there).

With --to the message is for one person: in the conversation of you two, which
nobody else sees. It is there with the first message.`,
		Example: `  outcry post lobby "hello" --join
  outcry post --to bob "a word with you"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if to != "" {
				return needArgs(1, 1, "a text is")(cmd, args)
			}
			return needArgs(2, 2, "a room and a text are")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := a.begin(cmd)
			if err != nil {
				return err
			}
			if to != "" {
				args = append([]string{""}, args...)
			}
			if join && to == "" {
				if _, err := by.submit(cmd.Context(), args[0], joining()); err != nil {
					return fmt.Errorf("joining %s: %w", args[0], err)
				}
			}
			answer, err := by.submit(cmd.Context(), args[0], &outcryv1.Command{To: to, Command: &outcryv1.Command_Post{
				Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(args[1])}, ReplyTo: replyTo}}})
			if err != nil {
				return fmt.Errorf("%w%s", err, joinHint(codeOfRefusal(err)))
			}
			return a.print(cmd, answer)
		}}
	a.flags(cmd)
	cmd.Flags().Uint64Var(&replyTo, "reply-to", 0, "seq of the message that this one answers")
	cmd.Flags().StringVar(&to, "to", "", "in place of a room: the person whom it is for")
	cmd.Flags().BoolVar(&join, "join", false, "join the room first")
	return cmd
}

func joining() *outcryv1.Command {
	return &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}
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
