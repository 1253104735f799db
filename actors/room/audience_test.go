package room

import (
	"testing"

	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: whoever leaves, is sent out or comes later reads what was said
// without him. The audience is drawn anew only when the fold says so, as by gateways.
func TestAnAudienceReadsWhatItWasThereFor(t *testing.T) {
	users := []string{"ada", "bob", "cyd"}
	rapid.Check(t, func(t *rapid.T) {
		s, audience, sinceJoin := New("pit"), (*Audience)(nil), false
		since := map[string]uint64{} // who is in, by the seq that let him in
		for n := range rapid.IntRange(1, 60).Draw(t, "steps") {
			user, whom := rapid.SampledFrom(users).Draw(t, "user"), rapid.SampledFrom(users).Draw(t, "whom")
			verb := rapid.SampledFrom([]string{"join", "join", "leave", "post", "settings", "kick", "add", "mute"}).Draw(t, "verb")
			in := joining(user, idOf(n, n))
			wish := false
			switch verb {
			case "leave":
				in = leaving(user, idOf(n, n))
			case "post":
				in = posting(user, idOf(n, n), "words", 0)
			case "settings":
				wish = rapid.Bool().Draw(t, "since_join")
				in = setting(user, idOf(n, n), &outcryv1.RoomSettings{SinceJoin: wish, Private: rapid.Bool().Draw(t, "private")})
			case "kick", "add", "mute":
				in = moderating(user, idOf(n, n), verb, whom)
			}
			f := fold(s, n, in)
			if only(t, f).Kind == outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
				switch verb {
				case "join":
					since[user] = s.Head()
				case "add":
					since[whom] = s.Head()
				case "leave":
					delete(since, user)
				case "kick":
					delete(since, whom)
				case "settings":
					sinceJoin = wish
				}
			}
			if f.Audience {
				audience = s.Audience()
			}
			if rapid.IntRange(0, 9).Draw(t, "restore") == 0 {
				s = restored(t, s)
			}
			for _, u := range users {
				want := uint64(0)
				if sinceJoin {
					if want = since[u]; want == 0 {
						want = Nothing
					}
				}
				if s.From(u) != want || audience.From(u) != want || audience.Admits(u) != s.Admits(u) {
					t.Fatalf("after %s: %s reads from %d and by the audience from %d, not from %d; may see it: %t, %t",
						verb, u, s.From(u), audience.From(u), want, s.Admits(u), audience.Admits(u))
				}
			}
		}
	})
}
