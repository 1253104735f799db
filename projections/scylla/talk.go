package scylla

import (
	"context"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/gocql/gocql"

	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

// Messages with after < seq < before, ascending; the newest limit of them when newest.
func (s *Store) Messages(ctx context.Context, room string, after, before uint64, limit int, newest bool) (messages []*outcryv1.Message, err error) {
	if limit < 1 {
		return nil, first(ctx)
	}
	if before == 0 {
		before = math.MaxInt64
	}
	statement := s.reads.messagesUp
	if newest {
		statement = s.reads.messagesDown
	}
	from, to := seqBucket(after, seqBits), seqBucket(before, seqBits)
	err = s.buckets(ctx, messagesKind, room, from, to, newest, func(bucket int64) (bool, error) {
		args := []any{room, bucket, int64(after), int64(before)}
		err := each(ctx, s, statement, limit-len(messages), args, scanMessage, func(m *outcryv1.Message) bool {
			messages = append(messages, m)
			return len(messages) < limit
		})
		return len(messages) < limit, err
	})
	if err != nil {
		return nil, err
	}
	if newest {
		slices.Reverse(messages)
	}
	return messages, nil
}

// Message gives one message, nil when there is none.
func (s *Store) Message(ctx context.Context, room string, seq uint64) (*outcryv1.Message, error) {
	if seq == 0 {
		return nil, first(ctx)
	}
	m, _, err := one(ctx, s, s.reads.messagesDown, scanMessage, room, seqBucket(seq, seqBits), int64(seq)-1, int64(seq)+1)
	return m, err
}

// noText is the key id of a message without text where an older version may have had some.
const noText = -1

// messageArgs of one version. In a message as it was posted, what it has not
// stays unset. A changed one writes empty values instead, over what an older
// version had: the text of a deleted message must be gone.
func messageArgs(m *outcryv1.Message) ([]any, error) {
	replies, err := words.Seqs(m.AlsoRepliesTo)
	if err != nil {
		return nil, err
	}
	reactions, err := words.Reactions(m.Reactions)
	if err != nil {
		return nil, err
	}
	set, err := words.Settings(m.Settings)
	if err != nil {
		return nil, err
	}
	changed := m.ChangeSeq != m.Seq
	plain, sealed, key, characters := textArgs(m.Text, changed)
	return []any{m.Room, seqBucket(m.Seq, seqBits), int64(m.Seq), words.Kinds.Word(int32(m.Kind)), m.User, m.ClockUs, m.EventTimeNs,
		plain, sealed, key, characters, filled(m.ClientMsgId, changed), int64(m.ReplyTo), int64(m.ThreadRoot), filled(replies, changed),
		int64(m.TargetSeq), m.Emoji, words.Roles.Word(int32(m.Role)), filled(set, changed), m.Deleted, m.EditedUs, filled(reactions, changed),
		int64(m.ChangeSeq), m.Imported, int64(m.ChangeSeq)}, nil
}

// filled leaves an empty value unset, unless it must be written over another.
func filled[V string | []byte](value V, always bool) any {
	switch {
	case len(value) > 0:
		return value
	case always:
		return []byte{}
	}
	return gocql.UnsetValue
}

// textArgs puts what people can read into text and the rest into text_sealed.
func textArgs(t *outcryv1.Text, changed bool) (plain, sealed, key, characters any) {
	if t == nil {
		if !changed {
			return gocql.UnsetValue, gocql.UnsetValue, gocql.UnsetValue, gocql.UnsetValue
		}
		return "", []byte{}, int64(noText), int64(0)
	}
	key, characters = int64(t.KeyId), int64(t.Characters)
	if t.KeyId == 0 && utf8.Valid(t.Data) {
		return string(t.Data), filled([]byte(nil), changed), key, characters
	}
	return filled("", changed), filled(t.Data, true), key, characters
}

func scanMessage(r row) (*outcryv1.Message, bool, error) {
	m := &outcryv1.Message{}
	var kind, role, plain, replies, set, reactions string
	var sealed []byte
	var key *int64
	var characters int64
	if !r(&m.Room, &m.Seq, &kind, &m.User, &m.ClockUs, &m.EventTimeNs, &plain, &sealed, &key, &characters, &m.ClientMsgId,
		&m.ReplyTo, &m.ThreadRoot, &replies, &m.TargetSeq, &m.Emoji, &role, &set, &m.Deleted, &m.EditedUs, &reactions, &m.ChangeSeq, &m.Imported) {
		return nil, false, nil
	}
	if key != nil && *key != noText {
		m.Text = &outcryv1.Text{KeyId: uint32(*key), Data: sealed, Characters: uint32(characters)}
		if len(sealed) == 0 {
			m.Text.Data = []byte(plain)
		}
	}
	err := fillMessage(m, kind, role, replies, set, reactions)
	return m, true, damaged(fmt.Sprintf("message %d in %s", m.Seq, m.Room), err)
}

func fillMessage(m *outcryv1.Message, kind, role, replies, set, reactions string) (err error) {
	if m.AlsoRepliesTo, err = words.ParseSeqs(replies); err != nil {
		return err
	}
	if m.Settings, err = words.ParseSettings(set); err != nil {
		return err
	}
	if m.Reactions, err = words.ParseReactions(reactions); err != nil {
		return err
	}
	kindValue, err := words.Kinds.Value(kind)
	if err != nil {
		return err
	}
	roleValue, err := words.Roles.Value(role)
	m.Kind, m.Role = outcryv1.MessageKind(kindValue), outcryv1.Role(roleValue)
	return err
}
