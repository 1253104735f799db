package room

import (
	"encoding/binary"

	outcryv1 "outcry/proto/outcry/v1"
)

// What a message has, as bits: the canonical encoding, in snapshots and under
// the rolling hash, leaves out what is zero.
const (
	hasText = 1 << iota
	hasClientMsgID
	hasReplyTo
	hasThreadRoot
	hasAlsoRepliesTo
	hasTargetSeq
	hasEmoji
	hasRole
	hasSettings
	isDeletedBit
	hasEdited
	hasReactions
	hasChange
	isImportedBit
	hasAll = 1<<iota - 1
)

func bits(m *outcryv1.Message) (mask uint64) {
	for i, has := range [...]bool{m.Text != nil, len(m.ClientMsgId) > 0, m.ReplyTo != 0, m.ThreadRoot != 0,
		len(m.AlsoRepliesTo) > 0, m.TargetSeq != 0, m.Emoji != "", m.Role != 0, m.Settings != nil, m.Deleted,
		m.EditedUs != 0, len(m.Reactions) > 0, m.ChangeSeq != m.Seq, m.Imported} {
		if has {
			mask |= 1 << i
		}
	}
	return mask
}

// appendMessage writes all of a message but its room.
func appendMessage(dst []byte, m *outcryv1.Message) []byte {
	mask := bits(m)
	dst = appendNumbers(dst, mask, m.Seq, uint64(uint32(m.Kind)))
	dst = appendSigned(appendText(dst, m.User), m.ClockUs, m.EventTimeNs)
	if m.Text != nil {
		dst = appendNumbers(dst, uint64(m.Text.KeyId), uint64(m.Text.Characters), uint64(len(m.Text.Data)))
		dst = append(dst, m.Text.Data...)
	}
	if mask&hasClientMsgID != 0 {
		dst = appendText(dst, string(m.ClientMsgId))
	}
	for _, n := range [...]uint64{m.ReplyTo, m.ThreadRoot} {
		if n != 0 {
			dst = binary.AppendUvarint(dst, n)
		}
	}
	if mask&hasAlsoRepliesTo != 0 {
		dst = appendNumbers(binary.AppendUvarint(dst, uint64(len(m.AlsoRepliesTo))), m.AlsoRepliesTo...)
	}
	if m.TargetSeq != 0 {
		dst = binary.AppendUvarint(dst, m.TargetSeq)
	}
	if m.Emoji != "" {
		dst = appendText(dst, m.Emoji)
	}
	if m.Role != 0 {
		dst = binary.AppendUvarint(dst, uint64(uint32(m.Role)))
	}
	if m.Settings != nil {
		dst = appendSettings(dst, m.Settings)
	}
	if m.EditedUs != 0 {
		dst = binary.AppendVarint(dst, m.EditedUs)
	}
	if mask&hasReactions != 0 {
		dst = appendReactions(dst, m.Reactions)
	}
	if mask&hasChange != 0 {
		dst = binary.AppendUvarint(dst, m.ChangeSeq)
	}
	return dst
}

func appendReactions(dst []byte, all []*outcryv1.Reaction) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, r := range all {
		dst = binary.AppendUvarint(appendText(dst, r.Emoji), uint64(len(r.Users)))
		for _, u := range r.Users {
			dst = appendText(dst, u)
		}
	}
	return dst
}

// These bits stand above max_characters, so that what was written before they
// existed has the same bytes.
const (
	privateBit   = 1 << 32
	sinceJoinBit = 1 << 33
)

func appendSettings(dst []byte, s *outcryv1.RoomSettings) []byte {
	numbers := uint64(s.MaxCharacters)
	if s.Private {
		numbers |= privateBit
	}
	if s.SinceJoin {
		numbers |= sinceJoinBit
	}
	return binary.AppendUvarint(appendText(appendText(dst, s.Title), s.Topic), numbers)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendNumbers(dst []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

func appendSigned(dst []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}
