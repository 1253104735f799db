package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// roomFlags are settings as somebody types them.
type roomFlags struct{ typed outcryv1.RoomSettings }

func (r *roomFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.typed.Title, "title", "", "what the room is called")
	f.StringVar(&r.typed.Topic, "topic", "", "what it is about")
	f.BoolVar(&r.typed.Private, "private", false, "seen and joined by members only, whom staff invite; --private=false opens it")
	f.BoolVar(&r.typed.SinceJoin, "since-join", false, "read by members only, from their joining on; --since-join=false shows all of it")
	f.Uint32Var(&r.typed.MaxCharacters, "max-characters", 0, "characters a message may have; 0 is 2,000")
}

// over gives settings with what was typed laid over them.
func (r *roomFlags) over(cmd *cobra.Command, s *outcryv1.RoomSettings) (settings *outcryv1.RoomSettings, changed bool) {
	settings = &outcryv1.RoomSettings{}
	proto.Merge(settings, s)
	for flag, take := range map[string]func(){
		"title":          func() { settings.Title = r.typed.Title },
		"topic":          func() { settings.Topic = r.typed.Topic },
		"private":        func() { settings.Private = r.typed.Private },
		"since-join":     func() { settings.SinceJoin = r.typed.SinceJoin },
		"max-characters": func() { settings.MaxCharacters = r.typed.MaxCharacters },
	} {
		if cmd.Flags().Changed(flag) {
			take()
			changed = true
		}
	}
	return settings, changed
}

func newRoomCreate() *cobra.Command {
	var a asking
	var r roomFlags
	cmd := &cobra.Command{Use: "create ROOM", Short: "Make a room and own it", Args: needArgs(1, 1, "a room is"),
		Example: `  outcry room create lobby
  outcry room create desk --private --title "The desk"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := a.begin(cmd)
			if err != nil {
				return err
			}
			there, err := by.roomRow(cmd.Context(), args[0])
			if err == nil && there != nil {
				err = fmt.Errorf("room %s exists already: join it with \"outcry post --join\", or change it with \"outcry room set\"", args[0])
			}
			if err != nil {
				return err
			}
			answer, err := by.submit(cmd.Context(), args[0], joining())
			if err != nil {
				return fmt.Errorf("making room %s: %w", args[0], err)
			}
			if settings, changed := r.over(cmd, nil); changed {
				if answer, err = by.submit(cmd.Context(), args[0], settingUp(settings)); err != nil {
					return fmt.Errorf("setting up room %s: %w", args[0], err)
				}
			}
			return a.print(cmd, answer)
		}}
	a.flags(cmd)
	r.flags(cmd)
	return cmd
}

func newRoomSet() *cobra.Command {
	var a asking
	var r roomFlags
	cmd := &cobra.Command{Use: "set ROOM", Short: "Change a room's settings; those that are not named stay", Args: needArgs(1, 1, "a room is"),
		Example: `  outcry room set desk --private
  outcry room set desk --private=false --topic "Open again"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, changed := r.over(cmd, nil); !changed {
				return misuse(cmd, "say what to set: --title, --topic, --private, --since-join or --max-characters")
			}
			by, err := a.begin(cmd)
			if err != nil {
				return err
			}
			row, err := by.roomRow(cmd.Context(), args[0])
			if err == nil && row == nil {
				err = fmt.Errorf("room %s does not exist, or you may not see it", args[0])
			}
			if err != nil {
				return err
			}
			settings, _ := r.over(cmd, row.Settings)
			answer, err := by.submit(cmd.Context(), args[0], settingUp(settings))
			if err != nil {
				return fmt.Errorf("setting up room %s: %w", args[0], err)
			}
			return a.print(cmd, answer)
		}}
	a.flags(cmd)
	r.flags(cmd)
	return cmd
}

func settingUp(s *outcryv1.RoomSettings) *outcryv1.Command {
	return &outcryv1.Command{Command: &outcryv1.Command_Settings{Settings: s}}
}

func seqsOf(cmd *cobra.Command, args []string) (seqs []uint64, err error) {
	for _, text := range args {
		seq, err := strconv.ParseUint(text, 10, 64)
		if err != nil || seq == 0 {
			return nil, misuse(cmd, "%q is no seq of a message; outcry query messages shows them", text)
		}
		seqs = append(seqs, seq)
	}
	return seqs, nil
}
