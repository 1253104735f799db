package room

import (
	"encoding/binary"

	"outcry/internal/digest"
	outcryv1 "outcry/proto/outcry/v1"
)

// marks say where the facts stood when a group began.
type marks struct {
	outcomes, rows, members int
	head, unresolved        uint64
}

func (f *folding) begin() {
	f.marks = marks{outcomes: len(f.out.Outcomes), rows: len(f.out.Rows), members: len(f.out.Members),
		head: f.head, unresolved: f.out.Unresolved}
}

// end moves the rolling hash once, over the one before and all that the group
// decided. A room that does not exist has none: nothing of it is kept.
func (f *folding) end() {
	outcomes := f.out.Outcomes[f.marks.outcomes:]
	if !f.Exists() || len(outcomes) == 0 {
		return
	}
	b := append(f.out.bytes[:0], f.hash[:]...)
	b = binary.AppendUvarint(b, uint64(len(outcomes)))
	for _, o := range outcomes {
		b = appendNumbers(b, uint64(o.Kind), uint64(o.Code), o.Seq)
	}
	rows := f.out.Rows[f.marks.rows:]
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, m := range rows {
		b = appendMessage(b, m)
	}
	members := f.out.Members[f.marks.members:]
	b = binary.AppendUvarint(b, uint64(len(members)))
	for _, m := range members {
		b = appendBool(appendNumbers(appendText(b, m.User), uint64(m.Role), m.Seq), m.Present)
	}
	b = appendNumbers(b, f.out.Unresolved-f.marks.unresolved, f.messages, uint64(len(f.members)))
	f.hash, f.out.bytes = digest.Sum(b), b
	if f.head != f.marks.head {
		f.out.Room = f.View()
	}
}

// bodyOf hashes what a command asks for: what must be equal when it is sent
// again. The Base and the time are not part of it.
func (f *folding) bodyOf(in *outcryv1.RoomInput) uint64 {
	b := f.out.bytes[:0]
	switch c := in.GetInput().(type) {
	case *outcryv1.RoomInput_Post:
		b = appendBool(binary.AppendUvarint(appendBody(append(b, 1), c.Post.GetText()), c.Post.GetReplyTo()), c.Post.GetAction())
	case *outcryv1.RoomInput_Edit:
		b = appendBody(binary.AppendUvarint(append(b, 2), c.Edit.GetTargetSeq()), c.Edit.GetText())
	case *outcryv1.RoomInput_Delete:
		b = binary.AppendUvarint(append(b, 3), c.Delete.GetTargetSeq())
	case *outcryv1.RoomInput_React:
		b = appendText(binary.AppendUvarint(append(b, 4), c.React.GetTargetSeq()), c.React.GetEmoji())
		b = appendBool(b, c.React.GetRemove())
	case *outcryv1.RoomInput_Join:
		b = append(b, 5)
	case *outcryv1.RoomInput_Leave:
		b = append(b, 6)
	case *outcryv1.RoomInput_Settings:
		s := c.Settings
		b = appendText(appendText(append(b, 7), s.GetTitle()), s.GetTopic())
		b = binary.AppendUvarint(b, uint64(s.GetMaxCharacters()))
		if s.GetPrivate() {
			b = append(b, 1)
		}
		if s.GetSinceJoin() {
			b = append(b, 2)
		}
	case *outcryv1.RoomInput_Moderate:
		b = appendText(binary.AppendUvarint(append(b, 8), uint64(uint32(c.Moderate.GetAction()))), c.Moderate.GetUser())
	}
	f.out.bytes = b
	return digest.Checksum(b)
}

func appendBody(dst []byte, t *outcryv1.Text) []byte {
	dst = appendNumbers(dst, uint64(t.GetKeyId()), uint64(t.GetCharacters()), uint64(len(t.GetData())))
	return append(dst, t.GetData()...)
}
