package room

import (
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// post adds a message.
func (f *folding) post(in *outcryv1.RoomInput, p *outcryv1.Post) decision {
	if why := f.textFault(p.GetText()); why != 0 {
		return refused(why)
	}
	var root uint64
	if to := p.GetReplyTo(); to != 0 {
		target, why := f.answered(in.GetBase(), to)
		if why != 0 {
			return refused(why)
		}
		root = rootOf(target)
	}
	kind := outcryv1.MessageKind_MESSAGE_KIND_POST
	if p.GetAction() {
		kind = outcryv1.MessageKind_MESSAGE_KIND_ACTION
	}
	m := f.next(in, kind)
	m.Text, m.ReplyTo, m.ThreadRoot = ownText(p.GetText()), p.GetReplyTo(), root
	f.messages++
	return f.put(m)
}

// rootOf is the thread that an answer to m belongs to.
func rootOf(m *outcryv1.Message) uint64 {
	if m.ThreadRoot != 0 {
		return m.ThreadRoot
	}
	return m.Seq
}

// edit gives a post another text.
func (f *folding) edit(in *outcryv1.RoomInput, e *outcryv1.Edit) decision {
	target, why := f.target(in.GetBase(), e.GetTargetSeq())
	switch {
	case why != 0:
		return refused(why)
	case target.Imported || target.User != in.GetUser():
		return refused(notTheAuthor)
	case target.Deleted:
		return refused(isDeleted)
	}
	if why := f.textFault(e.GetText()); why != 0 {
		return refused(why)
	}
	m := f.next(in, outcryv1.MessageKind_MESSAGE_KIND_EDIT)
	m.TargetSeq, m.Text = target.Seq, ownText(e.GetText())
	now := cloneOf(target)
	now.Text, now.EditedUs = m.Text, m.ClockUs
	d := f.put(m)
	f.replace(now)
	return d
}

// remove deletes a post: its text and reactions go, and the text of its edits
// as far as they are recent.
func (f *folding) remove(in *outcryv1.RoomInput, seq uint64, by member) decision {
	target, why := f.target(in.GetBase(), seq)
	switch {
	case why != 0:
		return refused(why)
	case !by.staff() && (target.Imported || target.User != in.GetUser()):
		return refused(notTheAuthor)
	case target.Deleted:
		return refused(isDeleted)
	}
	m := f.next(in, outcryv1.MessageKind_MESSAGE_KIND_DELETE)
	m.TargetSeq = target.Seq
	now := cloneOf(target)
	now.Deleted, now.Text, now.Reactions = true, nil, nil
	d := f.put(m)
	f.replace(now)
	for _, c := range f.past.recent {
		if c.TargetSeq == target.Seq && c.Kind == outcryv1.MessageKind_MESSAGE_KIND_EDIT {
			silent := cloneOf(c)
			silent.Deleted, silent.Text = true, nil
			f.replace(silent)
		}
	}
	return d
}

// react adds a reaction to a post, or takes one back.
func (f *folding) react(in *outcryv1.RoomInput, r *outcryv1.React) decision {
	if !validEmoji(r.GetEmoji()) {
		return refused(badEmoji)
	}
	target, why := f.target(in.GetBase(), r.GetTargetSeq())
	switch {
	case why != 0:
		return refused(why)
	case target.Deleted:
		return refused(isDeleted)
	}
	reactions, changed, why := reacted(target.Reactions, r.GetEmoji(), f.own(in.GetUser()), r.GetRemove())
	switch {
	case why != 0:
		return refused(why)
	case !changed:
		return already(target.ChangeSeq)
	}
	kind := outcryv1.MessageKind_MESSAGE_KIND_REACT
	if r.GetRemove() {
		kind = outcryv1.MessageKind_MESSAGE_KIND_UNREACT
	}
	m := f.next(in, kind)
	m.TargetSeq, m.Emoji = target.Seq, strings.Clone(r.GetEmoji())
	now := cloneOf(target)
	now.Reactions = reactions
	d := f.put(m)
	f.replace(now)
	return d
}

// configure replaces the settings.
func (f *folding) configure(in *outcryv1.RoomInput, s *outcryv1.RoomSettings, by member) decision {
	switch {
	case !by.staff():
		return refused(notStaff)
	case !validSettings(s):
		return refused(badSettings)
	}
	m := f.next(in, outcryv1.MessageKind_MESSAGE_KIND_SETTINGS)
	m.Settings = ownSettings(s)
	f.out.Audience = f.out.Audience || f.settings.GetPrivate() != s.GetPrivate() || f.settings.GetSinceJoin() != s.GetSinceJoin()
	f.settings = m.Settings
	return f.put(m)
}
