package room

import (
	"slices"

	outcryv1 "outcry/proto/outcry/v1"
)

const (
	// recentMax changes are kept, fewer where they take more than recentBytes;
	// the oldest leaves.
	recentMax   = 512
	recentBytes = 4 << 20
	// touchedMax older posts that were changed are kept, fewer where they take
	// more than touchedBytes; the one that was changed longest ago leaves.
	touchedMax   = 256
	touchedBytes = 2 << 20
)

// past is what the state knows of messages, in their present state.
type past struct {
	recent      []*outcryv1.Message // the newest changes, ascending without gaps
	recentCost  int
	touched     []*outcryv1.Message // older posts, the one changed last is last
	touchedCost int
	// forgotten is the newest change of any post that has left. What was read
	// of an older post as of forgotten or later lacks nothing.
	forgotten uint64
}

// cost is about what a message takes in memory, bytes.
func cost(m *outcryv1.Message) int {
	bytes := 400 + len(m.Text.GetData()) + len(m.User) + len(m.Emoji) + 8*len(m.AlsoRepliesTo) +
		len(m.Settings.GetTitle()) + len(m.Settings.GetTopic())
	for _, r := range m.Reactions {
		bytes += 100 + len(r.Emoji)
		for _, u := range r.Users {
			bytes += 16 + len(u)
		}
	}
	return bytes
}

// push adds the newest change.
func (p *past) push(m *outcryv1.Message) {
	p.recent = append(p.recent, m)
	p.recentCost += cost(m)
	for len(p.recent) > recentMax || p.recentCost > recentBytes && len(p.recent) > 1 {
		p.recentCost -= cost(p.recent[0])
		p.forget(p.recent[0])
		p.recent[0] = nil
		p.recent = p.recent[1:]
	}
}

func (p *past) forget(m *outcryv1.Message) {
	if isPost(m.Kind) && m.ChangeSeq > m.Seq {
		p.forgotten = max(p.forgotten, m.ChangeSeq)
	}
}

// slot is the place of a recent change.
func (p *past) slot(seq uint64) (i int, ok bool) {
	if len(p.recent) == 0 || seq < p.recent[0].Seq || seq-p.recent[0].Seq >= uint64(len(p.recent)) {
		return 0, false
	}
	return int(seq - p.recent[0].Seq), true
}

func (p *past) touchedAt(seq uint64) int {
	return slices.IndexFunc(p.touched, func(m *outcryv1.Message) bool { return m.Seq == seq })
}

// find gives a message in its present state; nil when the state does not know it.
func (p *past) find(seq uint64) *outcryv1.Message {
	if i, ok := p.slot(seq); ok {
		return p.recent[i]
	}
	if i := p.touchedAt(seq); i >= 0 {
		return p.touched[i]
	}
	return nil
}

// replace puts a changed message into the place of what it was, or among the
// older ones where it was not known.
func (p *past) replace(m *outcryv1.Message) {
	if i, ok := p.slot(m.Seq); ok {
		p.recentCost += cost(m) - cost(p.recent[i])
		p.recent[i] = m
		return
	}
	if i := p.touchedAt(m.Seq); i >= 0 {
		p.touchedCost -= cost(p.touched[i])
		p.touched = slices.Delete(p.touched, i, i+1)
	}
	p.touched = append(p.touched, m)
	p.touchedCost += cost(m)
	for len(p.touched) > touchedMax || p.touchedCost > touchedBytes && len(p.touched) > 1 {
		p.touchedCost -= cost(p.touched[0])
		p.forget(p.touched[0])
		p.touched = slices.Delete(p.touched, 0, 1)
	}
}
