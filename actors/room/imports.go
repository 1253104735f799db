package room

import (
	"slices"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// bring decides on a change that an archive tells of. Nobody needs to be a
// member for it, and what can't be made of it (a member too many, an answer to
// something unknown) costs only that part.
func (f *folding) bring(in *outcryv1.RoomInput, i *outcryv1.Imported) decision {
	if why := importFault(in, i); why != 0 {
		return refused(why)
	}
	if IsDirect(f.id) {
		return refused(betweenTwo)
	}
	from, seq := f.sources.fetch(keyOf(f.header.Source, f.header.Epoch), in.GetSourceSeq()), in.GetSourceSeq()
	switch from.see(seq) {
	case events.Late:
		return refused(tooOld)
	case events.Duplicate:
		l, _ := from.find(seq) // 0 where it is not known any more
		return already(l.seq)
	}
	m := f.next(in, i.GetKind())
	m.ClientMsgId, m.Imported, m.Text = nil, true, ownText(i.GetText())
	f.resolve(m, from, i.GetRepliesToSourceSeq())
	if isPost(m.Kind) {
		f.messages++
	}
	f.move(m)
	from.say(link{source: seq, seq: m.Seq, root: m.ThreadRoot})
	return f.put(m)
}

func importFault(in *outcryv1.RoomInput, i *outcryv1.Imported) reason {
	switch {
	case !validUser(in.GetUser()):
		return badUser
	case len(i.GetText().GetData()) > MaxText:
		return tooManyBytes
	}
	switch i.GetKind() {
	case outcryv1.MessageKind_MESSAGE_KIND_POST, outcryv1.MessageKind_MESSAGE_KIND_ACTION, outcryv1.MessageKind_MESSAGE_KIND_JOIN,
		outcryv1.MessageKind_MESSAGE_KIND_LEAVE, outcryv1.MessageKind_MESSAGE_KIND_SYSTEM:
		return 0
	case outcryv1.MessageKind_MESSAGE_KIND_RENAME:
		if validUser(string(i.GetText().GetData())) {
			return 0
		}
	}
	return badImport
}

// resolve finds what an imported message answers, whatever kind of change it
// is: archives know answers to joins and notices too.
func (f *folding) resolve(m *outcryv1.Message, from *source, sourceSeqs []uint64) {
	for n, seq := range sourceSeqs {
		l, ok := from.find(seq)
		switch {
		case !ok || n >= repliesMax:
			f.out.Unresolved++
		case m.ReplyTo == 0:
			m.ReplyTo, m.ThreadRoot = l.seq, l.root
			if l.root == 0 {
				m.ThreadRoot = l.seq
			}
		case l.seq != m.ReplyTo && !slices.Contains(m.AlsoRepliesTo, l.seq):
			m.AlsoRepliesTo = append(m.AlsoRepliesTo, l.seq)
		}
	}
}

// move lists who comes and goes in an archive. People who joined themselves
// are left alone, and above membersMax names are not listed.
func (f *folding) move(m *outcryv1.Message) {
	switch m.Kind {
	case outcryv1.MessageKind_MESSAGE_KIND_JOIN:
		m.Role = outcryv1.Role_ROLE_MEMBER
		f.list(m.User, m)
	case outcryv1.MessageKind_MESSAGE_KIND_LEAVE:
		f.unlist(m.User, m)
	case outcryv1.MessageKind_MESSAGE_KIND_RENAME:
		if f.unlist(m.User, m) {
			m.Role = outcryv1.Role_ROLE_MEMBER
			f.list(string(m.Text.Data), m)
		}
	}
}

func (f *folding) list(name string, by *outcryv1.Message) {
	if _, present := f.members[name]; !present && len(f.members) < membersMax {
		f.enter(name, by, false)
	}
}

func (f *folding) unlist(name string, by *outcryv1.Message) bool {
	m, present := f.members[name]
	if !present || m.person {
		return false
	}
	f.exit(m, by)
	return true
}
