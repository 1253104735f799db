package room

import (
	"bytes"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Fold decides on one group. Nothing of g is kept.
func (s *State) Fold(h *events.Header, g *outcryv1.RoomGroup, out *Facts) {
	f := folding{State: s, header: h, out: out}
	f.begin()
	for _, in := range g.GetInputs() {
		var o Outcome
		if imported := in.GetImported(); imported != nil {
			o = f.bring(in, imported).outcome()
		} else {
			o = f.ask(in)
		}
		out.Outcomes = append(out.Outcomes, o)
	}
	f.end()
}

// folding is one group under way.
type folding struct {
	*State
	header *events.Header
	out    *Facts
	marks  marks
}

// ask decides on what a person asks for, unless it was decided before.
func (f *folding) ask(in *outcryv1.RoomInput) Outcome {
	at, why := f.identity(in)
	if why != 0 {
		return refused(why).outcome()
	}
	key, body := idKey{in.GetUser(), [16]byte(in.GetClientMsgId())}, f.bodyOf(in)
	if r := f.ids.find(key); r != nil {
		if !r.again(body) {
			r.decision, r.last = f.command(in), asDecided
		}
		return r.told()
	}
	if at < f.ids.oldest {
		return refused(tooOld).outcome()
	}
	d := f.command(in)
	if f.Exists() { // else it leaves no trace
		key.user = f.own(key.user)
		f.ids.add(remembered{key: key, body: body, decision: d})
	}
	return d.outcome()
}

// identity checks who asks, under which id (of which time, ms), and that anything is asked for.
func (f *folding) identity(in *outcryv1.RoomInput) (at uint64, why reason) {
	at, ok := IDTime(in.GetClientMsgId())
	switch {
	case !validUser(in.GetUser()):
		return 0, badUser
	case !ok:
		return 0, badID
	case at > uint64(max(f.header.IngestTime, 0))/1e6+MaxAhead:
		return 0, idAhead
	case in.GetInput() == nil:
		return 0, noInput
	}
	return at, 0
}

// command decides on a command that was not decided before.
func (f *folding) command(in *outcryv1.RoomInput) decision {
	opened, why := f.direct(in)
	if why != 0 {
		return refused(why)
	}
	if _, ok := in.GetInput().(*outcryv1.RoomInput_Join); ok {
		if opened != 0 {
			return accepted(opened)
		}
		return f.join(in)
	}
	if !f.Exists() {
		return refused(unknownRoom)
	}
	m, ok := f.members[in.GetUser()]
	m, ok = asStaff(in, m, ok)
	if !ok {
		return refused(notAMember)
	}
	if _, muted := f.muted[in.GetUser()]; muted && speaks(in) {
		return refused(isMuted)
	}
	switch c := in.GetInput().(type) {
	case *outcryv1.RoomInput_Post:
		return f.post(in, c.Post)
	case *outcryv1.RoomInput_Edit:
		return f.edit(in, c.Edit)
	case *outcryv1.RoomInput_Delete:
		return f.remove(in, c.Delete.GetTargetSeq(), m)
	case *outcryv1.RoomInput_React:
		return f.react(in, c.React)
	case *outcryv1.RoomInput_Leave:
		return f.leave(in, m)
	case *outcryv1.RoomInput_Settings:
		return f.configure(in, c.Settings, m)
	case *outcryv1.RoomInput_Moderate:
		return f.moderate(in, c.Moderate, m)
	}
	return refused(noInput)
}

// next takes the room's next seq and clock for a change of that input. It
// becomes part of the room by put.
func (f *folding) next(in *outcryv1.RoomInput, kind outcryv1.MessageKind) *outcryv1.Message {
	f.head++
	f.clock = max(f.clock+1, f.header.IngestTime/1000)
	return &outcryv1.Message{Room: f.id, Seq: f.head, Kind: kind, User: f.own(in.GetUser()), ClockUs: f.clock,
		EventTimeNs: in.GetEventTimeNs(), ClientMsgId: bytes.Clone(in.GetClientMsgId()), ChangeSeq: f.head}
}

// put hands a finished change out.
func (f *folding) put(m *outcryv1.Message) decision {
	f.past.push(m)
	f.out.Items = append(f.out.Items, m)
	f.out.Rows = append(f.out.Rows, m)
	return accepted(m.Seq)
}

// replace hands a message's new present state out, as of the newest change.
func (f *folding) replace(m *outcryv1.Message) {
	m.ChangeSeq = f.head
	f.past.replace(m)
	f.out.Rows = append(f.out.Rows, m)
}

// own gives a name in memory that outlives the input.
func (f *folding) own(user string) string {
	if m, ok := f.members[user]; ok {
		return m.user
	}
	return string(append([]byte(nil), user...))
}
