package talk

import (
	"math/rand/v2"
	"slices"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// Act is what one person does next. Reply, Edit and React are about the
// message in Target, which Said was told of.
type Act struct {
	User, Room string
	Command    *outcryv1.Command // without a client message id
}

// Room has a name and people.
type Room struct {
	ID, Title, Topic string
	People           []string
	lines            []string
	recent           []post
}

type post struct {
	seq  uint64
	user string
}

// recentPosts is how many posts of a room people still react to.
const recentPosts = 12

// Talk is the whole chat.
type Talk struct {
	rng   *rand.Rand
	Rooms []*Room
}

// New makes the demo's rooms.
func New(seed uint64) *Talk {
	return &Talk{rng: rand.New(rand.NewPCG(seed, 0x7a1c)), Rooms: []*Room{
		{ID: "demo-floor", Title: "The floor", Topic: "Synthetic people about a synthetic market", People: []string{"ada", "bram", "chidi", "dagny", "elif"}, lines: floorLines},
		{ID: "demo-signals", Title: "Signals", Topic: "Ideas, not advice: everything here is made up", People: []string{"farouk", "greta", "hideo"}, lines: signalLines},
		{ID: "demo-help", Title: "Help", Topic: "How Outcry works", People: []string{"ines", "jonas", "kira"}, lines: helpLines},
	}}
}

// Lines hold one %s for an instrument's symbol, and %p for its price.
var floorLines = []string{
	"%s at %p, who is buying that?", "spread on %s just doubled", "morning all", "did anyone see the size on %s?",
	"%p. I said it would hold.", "quiet today. Too quiet.", "%s again… same seller for ten minutes", "lunch?",
	"that print in %s was me, sorry", "%s is only pretending to be calm", "coffee machine is broken again, this is the real crash",
	"I keep reading %s as a typo", "bids are stacking up under %p", "out of %s, have a good one",
}

var signalLines = []string{
	"long %s from %p, stop 1 % below", "short %s while it stays under %p", "closing %s at %p, thanks for the ride",
	"watching %s: a close above %p and I am in", "%s: trend down on 15, flat on 60", "half off %s here (%p)",
}

var helpLines = []string{
	"how do I see one-second bars of %s?", "press 1 for seconds, 2 for minutes, up to 6 for days", "what happens when my train enters a tunnel?",
	"prices skip to the newest one, messages all come, in order", "can I import my own ticks?", "outcry import --format csv, it prints what it refuses and why",
	"is the data still there after a crash?", "kill it and look; that is what the log is for", "where does %s come from?", "it is invented, like everything that starts with DEMO",
}

var emoji = []string{"👍", "😂", "🚀", "👀", "📉"}

// Setup gives the joins and settings that come first.
func (t *Talk) Setup() (acts []Act) {
	for _, r := range t.Rooms {
		for i, p := range r.People {
			acts = append(acts, Act{p, r.ID, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}})
			if i == 0 {
				acts = append(acts, Act{p, r.ID, &outcryv1.Command{Command: &outcryv1.Command_Settings{
					Settings: &outcryv1.RoomSettings{Title: r.Title, Topic: r.Topic}}}})
			}
		}
	}
	return acts
}

// Next gives what happens next. symbol and price are of an instrument that people look at.
func (t *Talk) Next(symbol, price string) Act {
	r := t.Rooms[t.rng.IntN(len(t.Rooms))]
	user := r.People[t.rng.IntN(len(r.People))]
	act := Act{user, r.ID, &outcryv1.Command{}}
	dice := t.rng.Float64()
	if len(r.recent) > 0 {
		target := r.recent[t.rng.IntN(len(r.recent))]
		switch {
		case dice < 0.20:
			act.Command.Command = &outcryv1.Command_React{React: &outcryv1.React{TargetSeq: target.seq, Emoji: emoji[t.rng.IntN(len(emoji))]}}
			return act
		case dice < 0.24 && target.user == user:
			act.Command.Command = &outcryv1.Command_Edit{Edit: &outcryv1.Edit{TargetSeq: target.seq, Text: Text(t.line(r, symbol, price) + " (edited: typo)")}}
			return act
		case dice < 0.25 && target.user == user:
			r.recent = slices.DeleteFunc(r.recent, func(p post) bool { return p == target })
			act.Command.Command = &outcryv1.Command_Delete{Delete: &outcryv1.Delete{TargetSeq: target.seq}}
			return act
		case dice < 0.45:
			act.Command.Command = &outcryv1.Command_Post{Post: &outcryv1.Post{Text: Text(t.line(r, symbol, price)), ReplyTo: target.seq}}
			return act
		}
	}
	act.Command.Command = &outcryv1.Command_Post{Post: &outcryv1.Post{Text: Text(t.line(r, symbol, price))}}
	return act
}

// Said tells that a post was accepted, so that others can answer it.
func (t *Talk) Said(a Act, seq uint64) {
	for _, r := range t.Rooms {
		if r.ID == a.Room && a.Command.GetPost() != nil {
			r.recent = append(r.recent, post{seq, a.User})
			if len(r.recent) > recentPosts {
				r.recent = r.recent[1:]
			}
		}
	}
}

func (t *Talk) line(r *Room, symbol, price string) string {
	line := r.lines[t.rng.IntN(len(r.lines))]
	return strings.NewReplacer("%s", symbol, "%p", price).Replace(line)
}

// Text makes the text of a message; its characters are counted where it is taken in.
func Text(s string) *outcryv1.Text { return &outcryv1.Text{Data: []byte(s)} }
