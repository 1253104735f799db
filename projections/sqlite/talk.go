package sqlite

import (
	"context"
	"database/sql"
	"math"

	"outcry/projections/words"
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
	replies, err := orNull(words.Seqs(m.AlsoRepliesTo))
	if err != nil {
		return nil, err
	}
	reactions, err := orNull(words.Reactions(m.Reactions))
	if err != nil {
		return nil, err
	}
	set, err := orNull(words.Settings(m.Settings))
	return append(args, m.Room, int64(m.Seq), kinds.word(int32(m.Kind)), m.User, m.ClockUs, m.EventTimeNs, written, keyID, characters, id,
		int64(m.ReplyTo), int64(m.ThreadRoot), replies, int64(m.TargetSeq), m.Emoji, roles.word(int32(m.Role)), set, m.Deleted, m.EditedUs,
		reactions, int64(m.ChangeSeq), m.Imported), err
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
	if m.AlsoRepliesTo, err = words.ParseSeqs(replies.V); err != nil {
		return nil, damaged(err)
	}
	if m.Settings, err = words.ParseSettings(set.V); err != nil {
		return nil, damaged(err)
	}
	if m.Reactions, err = words.ParseReactions(reactions.V); err != nil {
		return nil, damaged(err)
	}
	kindValue, err := kinds.value(kind)
	if err != nil {
		return nil, err
	}
	roleValue, err := roles.value(role)
	m.Kind, m.Role = outcryv1.MessageKind(kindValue), outcryv1.Role(roleValue)
	return m, err
}
