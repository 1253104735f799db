package web_test

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// fakeRoom keeps every change by seq (changes as they came) and every post as it stands now.
type fakeRoom struct {
	id      string
	members map[string]bool
	changes []*outcryv1.Message // seq is index + 1
	posts   map[uint64]*outcryv1.Message
	decided map[string]uint64 // by user and client message id
	topic   string
	title   string
}

func newFakeRoom(id string) *fakeRoom {
	return &fakeRoom{id: id, members: map[string]bool{}, posts: map[uint64]*outcryv1.Message{}, decided: map[string]uint64{}}
}

func (r *fakeRoom) head() uint64 { return uint64(len(r.changes)) }

func (r *fakeRoom) row() *outcryv1.Room {
	return &outcryv1.Room{Room: r.id, HeadSeq: r.head(), Members: uint64(len(r.members)), Settings: &outcryv1.RoomSettings{Topic: r.topic, Title: r.title}}
}

// decide folds one command.
func (r *fakeRoom) decide(user string, c *outcryv1.Command, now time.Time) *outcryv1.Answer {
	a := &outcryv1.Answer{ClientMsgId: c.ClientMsgId, Room: r.id, Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED}
	key := user + " " + string(c.ClientMsgId)
	if seq, ok := r.decided[key]; ok && len(c.ClientMsgId) > 0 {
		a.Outcome, a.Seq = outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE, seq
		return a
	}
	m := &outcryv1.Message{
		Room: r.id, Seq: r.head() + 1, User: user, ClockUs: now.UnixMicro(), EventTimeNs: now.UnixNano(), ClientMsgId: c.ClientMsgId,
	}
	m.ChangeSeq = m.Seq
	if refusal := r.apply(m, c); refusal != nil {
		a.Outcome, a.Error = outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, refusal
		return a
	}
	r.changes = append(r.changes, m)
	r.decided[key] = m.Seq
	a.Seq = m.Seq
	return a
}

// apply fills the change in and does it; an error refuses it.
func (r *fakeRoom) apply(m *outcryv1.Message, c *outcryv1.Command) *outcryv1.Error {
	switch c := c.Command.(type) {
	case *outcryv1.Command_Join:
		m.Kind = outcryv1.MessageKind_MESSAGE_KIND_JOIN
		r.members[m.User] = true
		return nil
	case *outcryv1.Command_Post:
		return r.post(m, c.Post)
	case *outcryv1.Command_Edit:
		m.Kind, m.TargetSeq, m.Text = outcryv1.MessageKind_MESSAGE_KIND_EDIT, c.Edit.TargetSeq, c.Edit.Text
	case *outcryv1.Command_Delete:
		m.Kind, m.TargetSeq = outcryv1.MessageKind_MESSAGE_KIND_DELETE, c.Delete.TargetSeq
	case *outcryv1.Command_React:
		m.Kind, m.TargetSeq, m.Emoji = outcryv1.MessageKind_MESSAGE_KIND_REACT, c.React.TargetSeq, c.React.Emoji
		if c.React.Remove {
			m.Kind = outcryv1.MessageKind_MESSAGE_KIND_UNREACT
		}
	}
	return r.change(m)
}

func (r *fakeRoom) post(m *outcryv1.Message, p *outcryv1.Post) *outcryv1.Error {
	if string(p.Text.Data) == "forbidden" {
		return &outcryv1.Error{Code: outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, Text: "that word is not allowed", Retry: outcryv1.Retry_RETRY_NEVER}
	}
	m.Kind, m.Text, m.ReplyTo = outcryv1.MessageKind_MESSAGE_KIND_POST, p.Text, p.ReplyTo
	if p.Action {
		m.Kind = outcryv1.MessageKind_MESSAGE_KIND_ACTION
	}
	if answered := r.posts[p.ReplyTo]; answered != nil {
		m.ThreadRoot = answered.ThreadRoot
		if m.ThreadRoot == 0 {
			m.ThreadRoot = answered.Seq
		}
	}
	r.posts[m.Seq] = proto.Clone(m).(*outcryv1.Message)
	return nil
}

// change edits, deletes or marks a post.
func (r *fakeRoom) change(m *outcryv1.Message) *outcryv1.Error {
	post := r.posts[m.TargetSeq]
	if post == nil {
		return &outcryv1.Error{Code: outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE, Text: "no such message"}
	}
	post.ChangeSeq = m.Seq
	switch m.Kind {
	case outcryv1.MessageKind_MESSAGE_KIND_EDIT:
		post.Text, post.EditedUs = m.Text, m.ClockUs
	case outcryv1.MessageKind_MESSAGE_KIND_DELETE:
		post.Text, post.Deleted, post.Reactions = nil, true, nil
	default:
		r.react(post, m)
	}
	return nil
}

func (r *fakeRoom) react(post, m *outcryv1.Message) {
	for _, reaction := range post.Reactions {
		if reaction.Emoji != m.Emoji {
			continue
		}
		reaction.Users = slices.DeleteFunc(reaction.Users, func(u string) bool { return u == m.User })
		if m.Kind == outcryv1.MessageKind_MESSAGE_KIND_REACT {
			reaction.Users = append(reaction.Users, m.User)
		}
		return
	}
	post.Reactions = append(post.Reactions, &outcryv1.Reaction{Emoji: m.Emoji, Users: []string{m.User}})
}

// read gives a change as the store would: a post as it stands now.
func (r *fakeRoom) read(seq uint64) *outcryv1.Message {
	if post := r.posts[seq]; post != nil {
		return post
	}
	return r.changes[seq-1]
}

func (r *fakeRoom) page(q *outcryv1.MessagesRequest) []*outcryv1.Message {
	limit := uint64(q.Limit)
	if limit == 0 {
		limit = 50
	}
	from, to := uint64(1), r.head()
	switch {
	case q.AfterSeq > 0:
		from = q.AfterSeq + 1
		to = min(to, q.AfterSeq+limit)
	case q.BeforeSeq > 0:
		to = q.BeforeSeq - 1
		fallthrough
	default:
		if to > limit {
			from = to - limit + 1
		}
	}
	var page []*outcryv1.Message
	for seq := from; seq <= to; seq++ {
		page = append(page, r.read(seq))
	}
	return page
}
