package command

import (
	"fmt"
	"time"
	"unicode/utf8"

	"outcry/actors/room"
	"outcry/events"
	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// inputOf checks a command and makes the room's input of it.
func inputOf(user string, c *outcryv1.Command, now time.Time) (*outcryv1.RoomInput, *outcryv1.Error) {
	if err := events.ValidID(user); err != nil {
		return nil, invalid("user: %s", err)
	}
	if err := events.ValidID(c.GetRoom()); err != nil {
		return nil, invalid("room: %s", err)
	}
	at, ok := room.IDTime(c.GetClientMsgId())
	switch {
	case !ok:
		return nil, invalid("client_msg_id must be a UUIDv7 of 16 bytes")
	case at > uint64(max(now.UnixMilli(), 0))+room.MaxAhead:
		return nil, invalid("client_msg_id: its time is more than %d s ahead of the server's; make ids by the server's clock (hello)", room.MaxAhead/1000)
	}
	if refusal := toFault(user, c); refusal != nil {
		return nil, refusal
	}
	in := &outcryv1.RoomInput{User: user, ClientMsgId: c.ClientMsgId, EventTimeNs: now.UnixNano(), With: c.GetTo()}
	return in, ask(in, c)
}

// toFault checks to whom a command is, where it is to a person.
func toFault(user string, c *outcryv1.Command) *outcryv1.Error {
	if c.GetTo() == "" {
		return nil
	}
	if err := events.ValidID(c.GetTo()); err != nil {
		return invalid("to: %s", err)
	}
	switch {
	case c.GetTo() == user:
		return invalid("to: nobody has a conversation with himself")
	case c.GetRoom() != room.DirectID(user, c.GetTo()):
		return invalid("give room or to: %s is not the room of %s and %s", c.GetRoom(), user, c.GetTo())
	}
	return nil
}

// ask fills in what is asked for.
func ask(in *outcryv1.RoomInput, c *outcryv1.Command) *outcryv1.Error {
	switch c := c.GetCommand().(type) {
	case *outcryv1.Command_Post:
		t, err := counted(c.Post.GetText())
		in.Input = &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: t, ReplyTo: c.Post.GetReplyTo(), Action: c.Post.GetAction()}}
		return err
	case *outcryv1.Command_Edit:
		t, err := counted(c.Edit.GetText())
		in.Input = &outcryv1.RoomInput_Edit{Edit: &outcryv1.Edit{TargetSeq: c.Edit.GetTargetSeq(), Text: t}}
		return err
	case *outcryv1.Command_Delete:
		in.Input = &outcryv1.RoomInput_Delete{Delete: c.Delete}
	case *outcryv1.Command_React:
		in.Input = &outcryv1.RoomInput_React{React: c.React}
		if e := c.React.GetEmoji(); len(e) == 0 || len(e) > room.MaxEmoji || !utf8.ValidString(e) {
			return invalid("emoji must have 1 to %d bytes of UTF-8", room.MaxEmoji)
		}
	case *outcryv1.Command_Join:
		in.Input = &outcryv1.RoomInput_Join{Join: c.Join}
	case *outcryv1.Command_Leave:
		in.Input = &outcryv1.RoomInput_Leave{Leave: c.Leave}
	case *outcryv1.Command_Settings:
		in.Input = &outcryv1.RoomInput_Settings{Settings: c.Settings}
		return settingsFault(c.Settings)
	case *outcryv1.Command_Moderate:
		in.Input = &outcryv1.RoomInput_Moderate{Moderate: c.Moderate}
		return moderateFault(c.Moderate)
	default:
		return invalid("command: nothing is asked for that this server knows")
	}
	return nil
}

// counted checks a text and counts its characters; what the client counted is not used.
func counted(t *outcryv1.Text) (*outcryv1.Text, *outcryv1.Error) {
	data := t.GetData()
	n := utf8.RuneCount(data)
	switch {
	case t.GetKeyId() != 0:
		return nil, invalid("text.key_id must be 0: clients send plain text")
	case len(data) == 0:
		return nil, invalid("text is empty")
	case len(data) > room.MaxText || n > room.MaxCharacters:
		return nil, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE,
			fmt.Sprintf("text has %d characters in %d bytes, at most %d in %d are allowed", n, len(data), room.MaxCharacters, room.MaxText))
	case !utf8.Valid(data):
		return nil, invalid("text is not valid UTF-8")
	}
	return &outcryv1.Text{Data: data, Characters: uint32(n)}, nil
}

func moderateFault(m *outcryv1.Moderate) *outcryv1.Error {
	if err := events.ValidID(m.GetUser()); err != nil {
		return invalid("moderate.user: %s", err)
	}
	if _, known := outcryv1.ModerateAction_name[int32(m.GetAction())]; !known || m.GetAction() == outcryv1.ModerateAction_MODERATE_ACTION_UNSPECIFIED {
		return invalid("moderate.action: there are KICK, BAN, UNBAN, MUTE, UNMUTE and ADD")
	}
	return nil
}

func settingsFault(s *outcryv1.RoomSettings) *outcryv1.Error {
	switch {
	case len(s.GetTitle()) > room.MaxTitle || !utf8.ValidString(s.GetTitle()):
		return invalid("settings.title may have %d bytes of UTF-8", room.MaxTitle)
	case len(s.GetTopic()) > room.MaxTopic || !utf8.ValidString(s.GetTopic()):
		return invalid("settings.topic may have %d bytes of UTF-8", room.MaxTopic)
	case s.GetMaxCharacters() > room.MaxCharacters:
		return invalid("settings.max_characters may be at most %d", room.MaxCharacters)
	}
	return nil
}

// olderMessage is the seq of the message that a command names; 0 for none.
func olderMessage(in *outcryv1.RoomInput) uint64 {
	return max(in.GetPost().GetReplyTo(), in.GetEdit().GetTargetSeq(), in.GetDelete().GetTargetSeq(), in.GetReact().GetTargetSeq())
}

func invalid(format string, args ...any) *outcryv1.Error {
	return fault.NewError(outcryv1.ErrorCode_ERROR_CODE_INVALID, fmt.Sprintf(format, args...))
}
