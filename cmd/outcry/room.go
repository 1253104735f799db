package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

func newRoom() *cobra.Command {
	cmd := &cobra.Command{
		Use: "room", Short: "Make rooms, set them up and moderate them",
		Long: `Make rooms, set them up and moderate them. A room is its owner's: whoever made
it. What moderates is for the owner and moderators of the room, and for whoever
is granted to moderate it: outcry token --grant 'moderate=desk/*'.`,
		Example: `  outcry room create desk --private --title "The desk"
  outcry room invite desk bob cyd
  outcry room set desk --topic "Only metals"
  outcry room mute desk bob
  outcry room kick desk bob
  outcry room ban desk eve
  outcry room delete desk 17
  outcry room members desk
  outcry tail --room $(outcry room direct bob)
  outcry room bans desk
  OUTCRY_TOKEN=eyJ… outcry room unban desk eve --server https://outcry.example`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "unknown command %q", args[0])
			}
			return misuse(cmd, "say what to do: create, set, invite, kick, ban, unban, mute, unmute, delete, members, bans or direct")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(newRoomCreate(), newRoomSet())
	for _, m := range moderations {
		cmd.AddCommand(newRoomModerate(m))
	}
	cmd.AddCommand(newRoomDelete(), newRoomDirect())
	for _, list := range []func(*query) *cobra.Command{(*query).members, (*query).bans} {
		q := &query{}
		sub := list(q)
		q.output.flags(sub)
		q.address.flags(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

func (q *query) bans() *cobra.Command {
	cmd := &cobra.Command{Use: "bans ROOM", Short: "Who is banned from a room, or muted in it", Args: needArgs(1, 1, "a room is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				a, err := c.Bans(ctx, &outcryv1.BansRequest{Room: args[0]})
				if err != nil {
					return nil, err
				}
				t := &table{columns: []string{"user", "what", "seq"}, right: set("seq")}
				for _, b := range a.Bans {
					t.add(b.User, map[bool]string{false: "banned", true: "muted"}[b.Muted], u64(b.Seq))
				}
				return t, nil
			})
		}}
	q.naming(cmd)
	return cmd
}

func newRoomDirect() *cobra.Command {
	var a asking
	cmd := &cobra.Command{Use: "direct USER", Short: "Print the room of your conversation with a person; it is there then", Args: needArgs(1, 1, "a person is"),
		Example: `  outcry tail --room $(outcry room direct bob)
  outcry query messages $(outcry room direct bob)`,
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := a.begin(cmd)
			if err != nil {
				return err
			}
			c := joining()
			c.To = args[0]
			answer, err := by.submit(cmd.Context(), "", c)
			if err != nil {
				return fmt.Errorf("opening the conversation with %s: %w", args[0], err)
			}
			if a.json {
				return a.print(cmd, answer)
			}
			return printLine(cmd, answer.Room)
		}}
	a.flags(cmd)
	return cmd
}

// moderation is one thing that staff do to people.
type moderation struct {
	word, short, does string
	action            outcryv1.ModerateAction
}

var moderations = []moderation{
	{"invite", "Make people members, of a private room too", "inviting", outcryv1.ModerateAction_MODERATE_ACTION_ADD},
	{"kick", "Send people out; they may join again where the room is not private", "sending out", outcryv1.ModerateAction_MODERATE_ACTION_KICK},
	{"ban", "Send people out and keep them out: they see nothing of the room any more", "banning", outcryv1.ModerateAction_MODERATE_ACTION_BAN},
	{"unban", "Let banned people join again", "unbanning", outcryv1.ModerateAction_MODERATE_ACTION_UNBAN},
	{"mute", "Let people read on and write nothing, until they are unmuted", "muting", outcryv1.ModerateAction_MODERATE_ACTION_MUTE},
	{"unmute", "Let muted people write again", "unmuting", outcryv1.ModerateAction_MODERATE_ACTION_UNMUTE},
}

func newRoomModerate(m moderation) *cobra.Command {
	var a asking
	cmd := &cobra.Command{Use: m.word + " ROOM USER…", Short: m.short, Args: needArgs(2, -1, "a room and at least one person are"),
		Example: "  outcry room " + m.word + " desk bob cyd",
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := a.begin(cmd)
			if err != nil {
				return err
			}
			for _, user := range args[1:] {
				answer, err := by.submit(cmd.Context(), args[0], &outcryv1.Command{Command: &outcryv1.Command_Moderate{
					Moderate: &outcryv1.Moderate{Action: m.action, User: user}}})
				if err != nil {
					return fmt.Errorf("%s %s: %w", m.does, user, err)
				}
				if err := a.print(cmd, answer); err != nil {
					return err
				}
			}
			return nil
		}}
	a.flags(cmd)
	return cmd
}

func newRoomDelete() *cobra.Command {
	var a asking
	cmd := &cobra.Command{Use: "delete ROOM SEQ…", Short: "Delete messages: of others too, for staff", Args: needArgs(2, -1, "a room and at least one seq are"),
		Example: "  outcry room delete desk 17 18",
		RunE: func(cmd *cobra.Command, args []string) error {
			seqs, err := seqsOf(cmd, args[1:])
			if err != nil {
				return err
			}
			by, err := a.begin(cmd)
			if err != nil {
				return err
			}
			for _, seq := range seqs {
				answer, err := by.submit(cmd.Context(), args[0], &outcryv1.Command{Command: &outcryv1.Command_Delete{Delete: &outcryv1.Delete{TargetSeq: seq}}})
				if err != nil {
					return fmt.Errorf("deleting message %d: %w", seq, err)
				}
				if err := a.print(cmd, answer); err != nil {
					return err
				}
			}
			return nil
		}}
	a.flags(cmd)
	return cmd
}
