package room

import (
	"fmt"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// report tells what a group decided.
func (s *script) report(f *Facts) {
	for _, o := range f.Outcomes {
		kind := strings.ToLower(strings.TrimPrefix(o.Kind.String(), "OUTCOME_KIND_"))
		if o.Code != 0 {
			s.say("%s %s: %s", kind, strings.TrimPrefix(o.Code.String(), "ERROR_CODE_"), o.Text)
		} else {
			s.say("%s %d", kind, o.Seq)
		}
	}
	items := map[*outcryv1.Message]bool{}
	for _, m := range f.Items {
		items[m] = true
	}
	for _, m := range f.Rows {
		if items[m] {
			s.say("  item %s", shown(m))
		} else {
			s.say("  row  %s", shown(m))
		}
	}
	for _, m := range f.Members {
		s.say("  member %s %s present=%t by %d", m.User, roleName(m.Role), m.Present, m.Seq)
	}
	if f.Audience {
		s.say("  who may see it changed")
	}
	if f.Unresolved > 0 {
		s.say("  unresolved %d", f.Unresolved)
	}
}

func roleName(r outcryv1.Role) string { return strings.TrimPrefix(r.String(), "ROLE_") }

// shown is a message in one line, without what is zero.
func shown(m *outcryv1.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s", m.Seq, strings.TrimPrefix(m.Kind.String(), "MESSAGE_KIND_"), m.User)
	say := func(when bool, format string, args ...any) {
		if when {
			fmt.Fprintf(&b, format, args...)
		}
	}
	say(m.TargetSeq != 0, " of %d", m.TargetSeq)
	say(m.Emoji != "", " %s", m.Emoji)
	say(m.Role != 0, " %s", roleName(m.Role))
	say(m.Settings != nil, " title=%s topic=%s max=%d", m.GetSettings().GetTitle(), m.GetSettings().GetTopic(), m.GetSettings().GetMaxCharacters())
	if data := m.GetText().GetData(); len(data) > 100 {
		say(true, " %d bytes", len(data))
	} else {
		say(m.Text != nil, " %q", data)
	}
	say(m.ReplyTo != 0, " to %d", m.ReplyTo)
	say(len(m.AlsoRepliesTo) > 0, " also %v", m.AlsoRepliesTo)
	say(m.ThreadRoot != 0, " thread %d", m.ThreadRoot)
	say(m.Deleted, " deleted")
	say(m.EditedUs != 0, " edited")
	for _, r := range m.Reactions {
		say(true, " %s %s", r.Emoji, strings.Join(r.Users, ","))
	}
	say(m.ChangeSeq != m.Seq, " as of %d", m.ChangeSeq)
	say(m.Imported, " imported")
	return b.String()
}

// show tells parts of the state.
func (s *script) show(what []string) {
	switch what[0] {
	case "room":
		v := s.state.View()
		s.say("head %d, members %d, messages %d, title %q", v.HeadSeq, v.Members, v.Messages, v.GetSettings().GetTitle())
	case "member":
		m, ok := s.state.Member(what[1])
		s.say("%s: %t %s", what[1], ok, roleName(m.GetRole()))
	case "sees":
		for _, user := range what[1:] {
			may := s.state.Admits(user)
			if may != s.state.Audience().Admits(user) {
				s.t.Errorf("%s may see it: %t, and by its audience not so", user, may)
			}
			s.say("%s sees it: %t", user, may)
		}
	case "reads":
		for _, user := range what[1:] {
			first := s.state.From(user)
			if first != s.state.Audience().From(user) {
				s.t.Errorf("%s reads from %d on, and by the audience not so", user, first)
			}
			s.say("%s reads from %s", user, map[bool]string{false: fmt.Sprint(first), true: "nowhere"}[first == Nothing])
		}
	case "recent":
		items, first := s.state.Recent(uint64(s.number(what[1])), s.number(what[2]))
		s.say("recent from %d", first)
		for _, m := range items {
			s.say("  %s", shown(m))
		}
	case "outcome":
		o, ok := s.state.Outcome(what[1], idOf(0, s.number(what[2])))
		s.say("outcome known %t: %s %d %s", ok, strings.TrimPrefix(o.Kind.String(), "OUTCOME_KIND_"), o.Seq, strings.TrimPrefix(o.Code.String(), "ERROR_CODE_"))
	default:
		s.t.Fatalf("show %v", what)
	}
}
