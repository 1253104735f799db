package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// pit is a room full of people, one command after the other.
type pit struct {
	t *testing.T
	s *server
}

// livelyTalk is people who do all that people may do, twice and in vain, too.
func (s *server) livelyTalk(t *testing.T) {
	t.Helper()
	p := pit{t, s}
	for _, user := range []string{"ann", "bob", "cyd", "ann"} {
		p.do(user, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
	}
	first := p.post("ann", "first", 0)
	second := p.post("bob", "réponse", first)
	p.post("cyd", "thread", second)
	p.post("eve", "is no member", 0)
	once := &outcryv1.Command{ClientMsgId: newMessageID(t), Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: textOf("once")}}}
	p.do("ann", once)
	p.do("ann", once)
	for _, user := range []string{"cyd", "ann", "bob"} {
		p.react(user, second, "🎉", false)
	}
	p.react("bob", second, "🎉", true)
	p.react("bob", second, "👍", false)
	p.edit("bob", second)
	p.edit("ann", second)
	settings := &outcryv1.Command_Settings{Settings: &outcryv1.RoomSettings{Title: "the pit", MaxCharacters: 40}}
	p.do("bob", &outcryv1.Command{Command: settings})
	p.do("ann", &outcryv1.Command{Command: settings})
	p.crowd(first)
	p.lateWords(first, second)
	p.order()
	p.alone()
}

// alone is what ann and bob say to each other, and what has no place there.
func (p pit) alone() {
	words := &outcryv1.Command_Post{Post: &outcryv1.Post{Text: textOf("a word with you")}}
	p.do("ann", &outcryv1.Command{To: "bob", Command: words})
	p.do("bob", &outcryv1.Command{To: "ann", Command: words})
	p.do("bob", &outcryv1.Command{To: "ann", Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
	p.do("bob", &outcryv1.Command{To: "ann", Command: &outcryv1.Command_Leave{Leave: &outcryv1.Leave{}}})
	p.do("ann", &outcryv1.Command{To: "bob", Command: &outcryv1.Command_Settings{Settings: &outcryv1.RoomSettings{Title: "ours"}}})
	p.do("ann", &outcryv1.Command{To: "bob", Command: words})
}

// order is kept by staff: who is out can't speak, and comes back as the rules say.
func (p pit) order() {
	const kick, ban = outcryv1.ModerateAction_MODERATE_ACTION_KICK, outcryv1.ModerateAction_MODERATE_ACTION_BAN
	const unban, add = outcryv1.ModerateAction_MODERATE_ACTION_UNBAN, outcryv1.ModerateAction_MODERATE_ACTION_ADD
	act := func(by string, action outcryv1.ModerateAction, whom string) {
		p.do(by, &outcryv1.Command{Command: &outcryv1.Command_Moderate{Moderate: &outcryv1.Moderate{Action: action, User: whom}}})
	}
	join := func(user string) {
		p.do(user, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
	}
	private := func(yes bool) {
		p.do("ann", &outcryv1.Command{Command: &outcryv1.Command_Settings{Settings: &outcryv1.RoomSettings{Title: "the pit", Private: yes}}})
	}
	act("bob", kick, "cyd")
	act("ann", kick, "ann")
	act("ann", kick, "cyd")
	p.post("cyd", "from outside", 0)
	join("cyd")
	act("ann", ban, "cyd")
	act("ann", ban, "cyd")
	act("ann", ban, "eve")
	join("cyd")
	act("ann", add, "cyd")
	act("ann", unban, "cyd")
	act("ann", unban, "cyd")
	const mute, unmute = outcryv1.ModerateAction_MODERATE_ACTION_MUTE, outcryv1.ModerateAction_MODERATE_ACTION_UNMUTE
	act("ann", add, "cyd")
	for _, action := range []outcryv1.ModerateAction{mute, mute, unmute, unmute, mute} {
		act("bob", action, "cyd")
		act("ann", action, "cyd")
		p.post("cyd", "with or without a voice", 0)
	}
	act("ann", kick, "cyd")
	act("ann", unmute, "cyd")
	private(true)
	join("cyd")
	act("ann", add, "cyd")
	act("ann", add, "cyd")
	p.post("cyd", "from inside", 0)
	private(false)
	join("eve")
	join("dan")
}

// crowd changes messages of all ages, at the edge of what the room keeps and beyond.
func (p pit) crowd(first uint64) {
	rng := rand.New(rand.NewPCG(3, 4))
	var posts []uint64
	for i := range 1500 {
		user, old := []string{"ann", "bob", "cyd"}[rng.IntN(3)], first
		if len(posts) > 0 {
			old = someOf(posts, rng, i%3 == 0)
		}
		switch rng.IntN(10) {
		case 0:
			p.edit(user, old)
		case 1:
			p.erase(user, old)
		case 2:
			p.react(user, old, "🎉", rng.IntN(2) == 0)
		case 3:
			posts = append(posts, p.post(user, "to that", old))
		default:
			posts = append(posts, p.post(user, strings.Repeat("x", 1+i%50), 0)) // some are too long
		}
		if n := len(posts); n > 0 && posts[n-1] == 0 {
			posts = posts[:n-1] // it was refused
		}
	}
}

// someOf chooses a post: of the newest 700, or at the edge of the newest changes that a room keeps.
func someOf(posts []uint64, rng *rand.Rand, atEdge bool) uint64 {
	n := len(posts)
	old := posts[n-1-min(n-1, rng.IntN(700))]
	if edge := posts[n-1] - min(posts[n-1], 508+rng.Uint64N(8)); atEdge {
		at, _ := slices.BinarySearch(posts, edge)
		old = posts[at]
	}
	return old
}

// lateWords are about what is older than the room keeps: the gateway reads it.
func (p pit) lateWords(first, second uint64) {
	p.edit("ann", first)
	p.edit("ann", first)
	p.post("cyd", "to the old one", second)
	p.react("ann", second, "🎉", true)
	p.erase("bob", first)
	p.erase("ann", second)
	p.edit("bob", second)
	p.do("ann", &outcryv1.Command{Command: &outcryv1.Command_Leave{Leave: &outcryv1.Leave{}}})
	late := p.post("cyd", "late", 0)
	p.edit("cyd", late)
	p.erase("bob", late)
	p.post("ann", "has left", 0)
}

func (p pit) do(user string, c *outcryv1.Command) *outcryv1.Answer {
	p.t.Helper()
	if c.ClientMsgId == nil {
		c.ClientMsgId = newMessageID(p.t)
	}
	if c.To == "" {
		c.Room = "pit"
	}
	a, err := p.s.client().Submit(p.t.Context(), &outcryv1.SubmitRequest{User: user, Command: c})
	if err != nil {
		p.t.Fatal(err)
	}
	return a.Answer
}

func textOf(s string) *outcryv1.Text {
	return &outcryv1.Text{Data: []byte(s), Characters: uint32(len([]rune(s)))}
}

// post gives the seq of the message; 0 where it was refused.
func (p pit) post(user, say string, to uint64) uint64 {
	p.t.Helper()
	return p.do(user, &outcryv1.Command{Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: textOf(say), ReplyTo: to}}}).Seq
}

func (p pit) edit(user string, seq uint64) {
	p.t.Helper()
	p.do(user, &outcryv1.Command{Command: &outcryv1.Command_Edit{Edit: &outcryv1.Edit{TargetSeq: seq, Text: textOf("bessér")}}})
}

func (p pit) erase(user string, seq uint64) {
	p.t.Helper()
	p.do(user, &outcryv1.Command{Command: &outcryv1.Command_Delete{Delete: &outcryv1.Delete{TargetSeq: seq}}})
}

func (p pit) react(user string, seq uint64, emoji string, remove bool) {
	p.t.Helper()
	p.do(user, &outcryv1.Command{Command: &outcryv1.Command_React{React: &outcryv1.React{TargetSeq: seq, Emoji: emoji, Remove: remove}}})
}
