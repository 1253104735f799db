package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"

	outcryv1 "outcry/proto/outcry/v1"
)

const messageColumns = `room, seq, kind, user, clock_us, event_time_ns, text, text_key_id, text_characters, client_msg_id,
	reply_to, thread_root, also_replies_to, target_seq, emoji, role, settings, deleted, edited_us, reactions, change_seq, imported`

// Messages with after < seq < before, ascending; the newest limit of them when newest.
func (s *Store) Messages(ctx context.Context, room string, after, before uint64, limit int, newest bool) ([]*outcryv1.Message, error) {
	end := int64(before)
	if before == 0 {
		end = math.MaxInt64
	}
	const where = " FROM messages WHERE room = ? AND seq > ? AND seq < ? ORDER BY seq "
	if newest {
		return newestFirst(collect(ctx, s, scanMessage, "SELECT "+messageColumns+where+"DESC LIMIT ?", room, int64(after), end, atMost(limit)))
	}
	return collect(ctx, s, scanMessage, "SELECT "+messageColumns+where+"LIMIT ?", room, int64(after), end, atMost(limit))
}

// Message gives one message, nil when there is none.
func (s *Store) Message(ctx context.Context, room string, seq uint64) (*outcryv1.Message, error) {
	return one(collect(ctx, s, scanMessage, "SELECT "+messageColumns+" FROM messages WHERE room = ? AND seq = ?", room, int64(seq)))
}

// reaction and settings are what their JSON columns hold.
type reaction struct {
	Emoji string   `json:"emoji"`
	Users []string `json:"users"`
}

type settings struct {
	Title         string `json:"title,omitempty"`
	Topic         string `json:"topic,omitempty"`
	MaxCharacters uint32 `json:"max_characters,omitempty"`
}

func messageArgs(m *outcryv1.Message, args []any) ([]any, error) {
	var written, keyID, characters, id any
	if m.Text != nil {
		keyID, characters = m.Text.KeyId, m.Text.Characters
		written = string(m.Text.Data)
		if m.Text.KeyId != 0 { // not for reading
			written = append([]byte{}, m.Text.Data...)
		}
	}
	if len(m.ClientMsgId) > 0 {
		id = m.ClientMsgId
	}
	replies, err := jsonList(m.AlsoRepliesTo, func(seq uint64) uint64 { return seq })
	if err != nil {
		return nil, err
	}
	reactions, err := jsonList(m.Reactions, func(r *outcryv1.Reaction) reaction { return reaction{r.Emoji, r.Users} })
	if err != nil {
		return nil, err
	}
	set, err := settingsArg(m.Settings)
	return append(args, m.Room, int64(m.Seq), kinds.word(int32(m.Kind)), m.User, m.ClockUs, m.EventTimeNs, written, keyID, characters, id,
		int64(m.ReplyTo), int64(m.ThreadRoot), replies, int64(m.TargetSeq), m.Emoji, roles.word(int32(m.Role)), set, m.Deleted, m.EditedUs,
		reactions, int64(m.ChangeSeq), m.Imported), err
}

// jsonList writes a list as JSON; an empty one is NULL.
func jsonList[V, J any](values []V, shape func(V) J) (any, error) {
	if len(values) == 0 {
		return nil, nil
	}
	shaped := make([]J, len(values))
	for i, v := range values {
		shaped[i] = shape(v)
	}
	list, err := json.Marshal(shaped)
	return string(list), err
}

func settingsArg(s *outcryv1.RoomSettings) (any, error) {
	if s == nil {
		return nil, nil
	}
	object, err := json.Marshal(settings{s.Title, s.Topic, s.MaxCharacters})
	return string(object), err
}

// parseJSON reads a JSON column; NULL gives the zero value.
func parseJSON[V any](column text) (v V, err error) {
	if !column.Valid {
		return v, nil
	}
	if err := json.Unmarshal([]byte(column.V), &v); err != nil {
		return v, fmt.Errorf("reading %q: %w: %w", column.V, ErrDamaged, err)
	}
	return v, nil
}

func parseSettings(column text) (*outcryv1.RoomSettings, error) {
	s, err := parseJSON[*settings](column)
	if s == nil || err != nil {
		return nil, err
	}
	return &outcryv1.RoomSettings{Title: s.Title, Topic: s.Topic, MaxCharacters: s.MaxCharacters}, nil
}

func scanMessage(rows *sql.Rows) (*outcryv1.Message, error) {
	m := &outcryv1.Message{}
	var kind, role string
	var written []byte
	var keyID, characters number
	var replies, set, reactions text
	err := rows.Scan(&m.Room, &m.Seq, &kind, &m.User, &m.ClockUs, &m.EventTimeNs, &written, &keyID, &characters, &m.ClientMsgId,
		&m.ReplyTo, &m.ThreadRoot, &replies, &m.TargetSeq, &m.Emoji, &role, &set, &m.Deleted, &m.EditedUs, &reactions, &m.ChangeSeq, &m.Imported)
	if err != nil {
		return nil, err
	}
	if keyID.Valid {
		m.Text = &outcryv1.Text{KeyId: uint32(keyID.V), Data: written, Characters: uint32(characters.V)}
	}
	if m.AlsoRepliesTo, err = parseJSON[[]uint64](replies); err != nil {
		return nil, err
	}
	if m.Settings, err = parseSettings(set); err != nil {
		return nil, err
	}
	shaped, err := parseJSON[[]reaction](reactions)
	if err != nil {
		return nil, err
	}
	for _, r := range shaped {
		m.Reactions = append(m.Reactions, &outcryv1.Reaction{Emoji: r.Emoji, Users: r.Users})
	}
	kindValue, err := kinds.value(kind)
	if err != nil {
		return nil, err
	}
	roleValue, err := roles.value(role)
	m.Kind, m.Role = outcryv1.MessageKind(kindValue), outcryv1.Role(roleValue)
	return m, err
}
