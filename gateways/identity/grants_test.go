package identity

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func grants(t testing.TB, byVerb map[string][]string) *Grants {
	t.Helper()
	g, err := ParseGrants(byVerb)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Breaks for users: somebody sees what is not theirs, or is refused what is.
func TestGrantsAllowWhatTheyNameAndNothingElse(t *testing.T) {
	g := grants(t, map[string][]string{
		"see":    {"ACME", "BINANCE:*", "desk/*", "*/lobby", "a*b*c"},
		"post":   {"main/hall"},
		"ingest": {"*"},
		"admin":  {"*/*"},
	})
	for _, c := range []struct {
		verb Verb
		id   string
		may  bool
	}{
		{See, "ACME", true}, {See, "main/ACME", true}, {See, "desk/ACME", true}, {See, "other/ACME", false},
		{See, "acme", false}, {See, "ACME2", false}, {See, "XACME", false},
		{See, "BINANCE:BTCUSDT", true}, {See, "BINANCE:", true}, {See, "desk/BINANCE:X", true}, {See, "other/BINANCE:X", false},
		{See, "lobby", true}, {See, "any/lobby", true}, {See, "any/lobby2", false},
		{See, "abc", true}, {See, "aXXbYYc", true}, {See, "aXXc", false}, {See, "abcd", false}, {See, "a-b-b-c", true},
		{Post, "hall", true}, {Post, "main/hall", true}, {Post, "desk/hall", false}, {Post, "ACME", false},
		{Ingest, "anything", true}, {Ingest, "ns/anything", true}, {Admin, "x/y", true},
		{Moderate, "hall", false}, {Moderate, "", false},
	} {
		if g.Allow(c.verb, c.id) != c.may {
			t.Errorf("%s on %q is %t", c.verb, c.id, !c.may)
		}
	}
	if !g.AllowAll(Ingest) || !g.AllowAll(Admin) || g.AllowAll(See) {
		t.Error("* is not everything, or something else is")
	}
}

// Breaks for users: a typing error in a grant is taken for no grant, or for one of more.
func TestAllFaultsOfGrantsAreTold(t *testing.T) {
	_, err := ParseGrants(map[string][]string{"see": {"", "a b", "x/y/z", strings.Repeat("a", 300)}, "look": {"*"}, "post": make([]string, 1001)})
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{`"a b"`, `"x/y/z"`, "300 bytes", `grant "look": the verbs are see, post, moderate, ingest, admin`, "1001 patterns"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

// Breaks for users: a pattern matches what it does not say. A regular expression says the same in other words.
func TestPatternsAreWhatAnExpressionSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*")), 0, 8, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 10, -1).Draw(t, "text")
		expression := "^" + strings.ReplaceAll(pattern, "*", ".*") + "$"
		if want := regexp.MustCompile(expression).MatchString(text); match(pattern, text) != want {
			t.Fatalf("match(%q, %q) is %t", pattern, text, !want)
		}
	})
}

// Breaks for users: the server's own room can be read, or written to, by those who were granted everything else.
func TestTheServersOwnRoomIsNobodysToWrite(t *testing.T) {
	all := &Identity{User: "root", Grants: All()}
	some := &Identity{User: "ann", Grants: grants(t, map[string][]string{"see": {"*"}, "post": {"*"}, "ingest": {"*"}, "moderate": {"*"}})}
	for v := range verbs {
		if all.May(v, RevocationsRoom) != (v == See) || some.May(v, RevocationsRoom) {
			t.Errorf("%s: %t for whoever may everything, %t for others", v, all.May(v, RevocationsRoom), some.May(v, RevocationsRoom))
		}
	}
	var nobody *Identity
	if nobody.May(See, "ACME") || nobody.MayAll(See) || (&Identity{}).May(See, "ACME") {
		t.Error("nobody may something")
	}
}

// Breaks for users: under a flood the check itself costs memory.
func TestAllowAllocatesNothing(t *testing.T) {
	g := grants(t, map[string][]string{"see": {"BINANCE:*", "desk/*", "X*Y*Z", "ACME"}})
	i := &Identity{Grants: g}
	if n := testing.AllocsPerRun(100, func() {
		i.May(See, "ACME")
		i.May(See, "BINANCE:BTCUSDT")
		i.May(See, "ns/none-of-them")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzGrants: no panic, and a pattern without a star grants itself and only in its namespace.
func FuzzGrants(f *testing.F) {
	f.Add("a*b", "axb")
	f.Add("*/x", "y/x")
	f.Add("***", "z")
	f.Fuzz(func(t *testing.T, pattern, id string) {
		g, err := ParseGrants(map[string][]string{"see": {pattern}})
		if err != nil {
			return
		}
		if !strings.Contains(pattern, "*") && !g.Allow(See, pattern) {
			t.Fatalf("%q does not grant itself", pattern)
		}
		if g.Allow(See, id) && g.Allow(Post, id) {
			t.Fatal("one verb grants another")
		}
	})
}

func BenchmarkGrants(b *testing.B) {
	exact := make([]string, 0, 1000)
	for n := range 1000 {
		exact = append(exact, fmt.Sprintf("INSTRUMENT-%d", n))
	}
	for _, c := range []struct {
		name, id string
		patterns []string
	}{
		{"everything", "ACME", []string{"*"}},
		{"OneOf1000Names", "INSTRUMENT-999", exact},
		{"LastOf10Wildcards", "BINANCE:BTCUSDT", []string{"a*", "b*", "c*", "d*", "e*", "f*", "g*", "h*", "i*", "BINANCE:*"}},
		{"RefusedBy10Wildcards", "KRAKEN:BTCUSD", []string{"a*", "b*", "c*", "d*", "e*", "f*", "g*", "h*", "i*", "BINANCE:*"}},
	} {
		g := grants(b, map[string][]string{"see": c.patterns})
		i := &Identity{Grants: g}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				i.May(See, c.id)
			}
		})
	}
}
