package main

import (
	"strings"
	"testing"
)

// Breaks for users: a word between two people is read by a third, be he staff of
// everything, or does not reach the other one.
func TestAConversationOfTwoIsTheirs(t *testing.T) {
	s, secret, _ := signedIn(t)
	token := minter(t, secret)
	ann, bob, cyd := token("ann", "see=*", "post=*"), token("bob", "see=*", "post=*"), token("cyd", "see=*", "post=*")
	root := token("root", "see=*", "post=*", "moderate=*", "admin=*")
	const id = "dm:qiggnzlmrr5hnjnfuyppgk5edrk3wgo6"
	for n, c := range []struct {
		by, want string
		args     []string
	}{
		{ann, id + " 2", []string{"post", "--to", "bob", "a word"}},
		{bob, id + " 3", []string{"post", "--to", "ann", "two words"}},
		{bob, id + " 4", []string{"post", id, "three"}},
		{bob, id, []string{"room", "direct", "ann"}},
		{ann, id, []string{"query", "rooms", "--user", "ann"}},
		{bob, "ann, bob", []string{"query", "rooms"}},
		{bob, "a word", []string{"query", "messages", id}},
		{ann, "!himself", []string{"post", "--to", "ann", "me"}},
		{ann, "!not left", []string{"room", "set", id, "--private=false"}},
		{cyd, "!private", []string{"query", "messages", id}},
		{root, "!private", []string{"tail", "--room", id}},
		{root, "!private", []string{"query", "messages", id}},
		{cyd, "!a conversation of two has no others", []string{"post", "--join", id, "me too"}},
		{root, "!join the room first", []string{"room", "delete", id, "2"}},
		{token("dan", "see=lobby", "post=lobby"), "!post is not granted on dm:", []string{"post", "--to", "ann", "hello"}},
	} {
		out, err := s.commandAs(c.by, c.args...)
		if trouble, refused := strings.CutPrefix(c.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), trouble) {
				t.Errorf("%d %v: %q, %v; want %s", n, c.args, out, err, trouble)
			}
		} else if err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%d %v: %q, %v; want %s", n, c.args, out, err, c.want)
		}
	}
	for _, other := range []string{cyd, root} {
		if out, err := s.commandAs(other, "query", "rooms"); err != nil || strings.Contains(out, "dm:") {
			t.Errorf("others see that the two speak: %q, %v", out, err)
		}
	}
}

// Breaks for users: on a machine of one's own two people have no conversation, since nobody is told who asks.
func TestAConversationOfTwoWhereNobodySignsIn(t *testing.T) {
	s := newServer(t)
	const id = "dm:qiggnzlmrr5hnjnfuyppgk5edrk3wgo6"
	for _, c := range []struct{ command, want string }{
		{"post --to bob --user ann hello", id + " 2"},
		{"post --to ann --user bob yes?", id + " 3"},
		{"query messages --user bob " + id, "yes?"},
		{"query rooms --user ann", "ann, bob"},
		{"tail --count 3 --user bob --room " + id, "yes?"},
		{"query messages --user cyd " + id, "!private"},
		{"query messages " + id, "!private"},
		{"tail --count 1 --room " + id, "!private"},
	} {
		out, err := s.commandAs("", strings.Fields(c.command)...)
		if trouble, refused := strings.CutPrefix(c.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), trouble) {
				t.Errorf("%s: %q, %v; want %s", c.command, out, err, trouble)
			}
		} else if err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %q, %v; want %s", c.command, out, err, c.want)
		}
	}
}
