package room

import (
	"slices"

	outcryv1 "outcry/proto/outcry/v1"
)

// model decides as a room without bounds would: it remembers every message in
// every state it ever had, and every command.
type model struct {
	head     uint64
	members  []string // in the order in which they came; the first is the owner
	versions map[uint64][]*outcryv1.Message
	told     map[string]*modelCommand
	commands int // that a room remembers
}

type modelCommand struct {
	in      *outcryv1.RoomInput
	outcome Outcome
	nth     int
}

func newModel() *model {
	return &model{versions: map[uint64][]*outcryv1.Message{}, told: map[string]*modelCommand{}}
}

// now is a message as it is; nil where there is none.
func (m *model) now(seq uint64) *outcryv1.Message {
	all := m.versions[seq]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// asOf is a message as a store had it when it had all changes up to a seq.
func (m *model) asOf(seq, change uint64) (then *outcryv1.Message) {
	for _, v := range m.versions[seq] {
		if v.ChangeSeq <= change {
			then = v
		}
	}
	return then
}

func (m *model) refuse(code outcryv1.ErrorCode) Outcome {
	return Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, Code: code}
}

// change gives the next change, and stores it.
func (m *model) change(in *outcryv1.RoomInput, kind outcryv1.MessageKind) *outcryv1.Message {
	m.head++
	c := &outcryv1.Message{Room: "pit", Seq: m.head, ChangeSeq: m.head, Kind: kind, User: in.User, ClientMsgId: in.ClientMsgId}
	m.versions[c.Seq] = []*outcryv1.Message{c}
	return c
}

// touch gives a new version of a message, to be changed by the newest change.
func (m *model) touch(seq uint64) *outcryv1.Message {
	v := cloneOf(m.now(seq))
	v.ChangeSeq = m.head
	m.versions[seq] = append(m.versions[seq], v)
	return v
}

// decide on a command that is not known.
func (m *model) decide(in *outcryv1.RoomInput) Outcome {
	present := slices.Contains(m.members, in.User)
	if in.GetJoin() != nil {
		if present {
			return Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE}
		}
		m.members = append(m.members, in.User)
		return accepted(m.change(in, outcryv1.MessageKind_MESSAGE_KIND_JOIN).Seq).outcome()
	}
	if m.head == 0 {
		return m.refuse(outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM)
	}
	if !present {
		return m.refuse(outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER)
	}
	switch c := in.Input.(type) {
	case *outcryv1.RoomInput_Post:
		return m.post(in, c.Post)
	case *outcryv1.RoomInput_Leave:
		m.members = slices.DeleteFunc(m.members, func(u string) bool { return u == in.User })
		return accepted(m.change(in, outcryv1.MessageKind_MESSAGE_KIND_LEAVE).Seq).outcome()
	case *outcryv1.RoomInput_Edit:
		return m.onTarget(in, c.Edit.TargetSeq, outcryv1.MessageKind_MESSAGE_KIND_EDIT)
	case *outcryv1.RoomInput_Delete:
		return m.onTarget(in, c.Delete.TargetSeq, outcryv1.MessageKind_MESSAGE_KIND_DELETE)
	case *outcryv1.RoomInput_React:
		kind := outcryv1.MessageKind_MESSAGE_KIND_REACT
		if c.React.Remove {
			kind = outcryv1.MessageKind_MESSAGE_KIND_UNREACT
		}
		return m.onTarget(in, c.React.TargetSeq, kind)
	}
	panic("not a command of the model")
}

func (m *model) post(in *outcryv1.RoomInput, p *outcryv1.Post) Outcome {
	var root uint64
	if p.ReplyTo != 0 {
		target := m.now(p.ReplyTo)
		if target == nil || target.Kind != outcryv1.MessageKind_MESSAGE_KIND_POST {
			return m.refuse(outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE)
		}
		if root = target.ThreadRoot; root == 0 {
			root = target.Seq
		}
	}
	c := m.change(in, outcryv1.MessageKind_MESSAGE_KIND_POST)
	c.Text, c.ReplyTo, c.ThreadRoot = p.Text, p.ReplyTo, root
	return accepted(c.Seq).outcome()
}

func (m *model) onTarget(in *outcryv1.RoomInput, seq uint64, kind outcryv1.MessageKind) Outcome {
	target := m.now(seq)
	if target == nil || target.Kind != outcryv1.MessageKind_MESSAGE_KIND_POST {
		return m.refuse(outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE)
	}
	edit, remove := kind == outcryv1.MessageKind_MESSAGE_KIND_EDIT, kind == outcryv1.MessageKind_MESSAGE_KIND_DELETE
	mine := target.User == in.User || remove && m.members[0] == in.User
	switch {
	case (edit || remove) && !mine:
		return m.refuse(outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN)
	case target.Deleted:
		return m.refuse(outcryv1.ErrorCode_ERROR_CODE_DELETED)
	}
	var reactions []*outcryv1.Reaction
	if r := in.GetReact(); r != nil {
		users, others := m.reactionsBut(target, r.Emoji)
		if slices.Contains(users, in.User) != r.Remove {
			return Outcome{Kind: outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE, Seq: target.ChangeSeq}
		}
		reactions = toggled(target.Reactions, others, r.Emoji, users, in.User, r.Remove)
	}
	c := m.change(in, kind)
	c.TargetSeq, c.Emoji, c.Text = seq, in.GetReact().GetEmoji(), in.GetEdit().GetText()
	now := m.touch(seq)
	switch {
	case edit:
		now.Text = c.Text
	case remove:
		now.Text, now.Reactions, now.Deleted = nil, nil, true
	default:
		now.Reactions = reactions
	}
	return accepted(c.Seq).outcome()
}

func (m *model) reactionsBut(t *outcryv1.Message, emoji string) (users []string, others []*outcryv1.Reaction) {
	for _, r := range t.Reactions {
		if r.Emoji == emoji {
			users = r.Users
		} else {
			others = append(others, r)
		}
	}
	return users, others
}

// toggled keeps the places of the emoji.
func toggled(all, others []*outcryv1.Reaction, emoji string, users []string, user string, remove bool) []*outcryv1.Reaction {
	set := map[string]bool{user: !remove}
	for _, u := range users {
		if u != user {
			set[u] = true
		}
	}
	var now []string
	for u, in := range set {
		if in {
			now = append(now, u)
		}
	}
	slices.Sort(now)
	if len(now) == 0 {
		return others
	}
	changed := &outcryv1.Reaction{Emoji: emoji, Users: now}
	for i, r := range all {
		if r.Emoji == emoji {
			all = slices.Clone(all)
			all[i] = changed
			return all
		}
	}
	return append(slices.Clone(all), changed)
}
