package main

import (
	"strings"
	"testing"
)

// Breaks for users: whoever runs a room can't do so from a terminal, or is told nothing when it is refused.
func TestARoomIsRunFromATerminal(t *testing.T) {
	s, secret, _ := signedIn(t)
	token := minter(t, secret)
	tokens := map[string]string{"ada": token("ada", "see=*", "post=*"), "bob": token("bob", "see=*", "post=*"), "root": token("root", "see=*", "moderate=desk")}
	for _, c := range []struct {
		by, command, want string // want is standard output, up to …, or part of the trouble after !
	}{
		{"ada", "room create desk --private --title Desk", "desk 2"},
		{"ada", "room create desk", "!exists already"},
		{"bob", "room create desk", "!the room is private: its staff add people (forbidden)"},
		{"bob", "query messages desk", "!private"},
		{"bob", "room invite desk bob", "!inviting bob: refused: join the room first"},
		{"ada", "room invite desk bob cyd", "desk 3\ndesk 4"},
		{"bob", "post desk hello", "desk 5"},
		{"bob", "room mute desk cyd", "!only the owner and moderators of the room may do that"},
		{"ada", "room mute desk bob", "desk 6"},
		{"bob", "post desk hello", "!you were muted in this room"},
		{"ada", "room kick desk cyd", "desk 7"},
		{"ada", "room kick desk ada", "!nobody may do that to the owner"},
		{"root", "room ban desk eve", "desk 8"},
		{"root", "room bans desk --format csv", "user,what,seq\nbob,muted,6\neve,banned,8"},
		{"ada", "room delete desk 5", "desk 9"},
		{"ada", "room delete desk 5", "!deleting message 5: refused: the message was deleted"},
		{"ada", "room delete desk five", `!"five" is no seq`},
		{"ada", "room members desk --format csv", "user,role,present,seq\nada,owner,true,1\nbob,member,true,3…"},
		{"ada", "room set desk", "!say what to set"},
		{"ada", "room set nowhere --private", "!room nowhere does not exist, or you may not see it"},
		{"ada", "room set desk --private=false --topic metals", "desk 10"},
		{"bob", "query rooms --format csv", "room,head_seq,members,messages,title,topic\ndesk,10,2,1,Desk,metals"},
		{"ada", "room unmute desk bob", "desk 11"},
		{"bob", "post desk hello", "desk 12"},
		{"ada", "room unban desk eve --json", `{"clientMsgId":…`},
		{"ada", "room unban desk eve", "!that person is not there"},
		{"ada", "room shout desk", `!unknown command "shout"`},
		{"", "room bans desk", "!unauthenticated"},
	} {
		out, err := s.commandAs(tokens[c.by], strings.Fields(c.command)...)
		if trouble, refused := strings.CutPrefix(c.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), trouble) {
				t.Errorf("%s: %s: %q, %v; want %s", c.by, c.command, out, err, trouble)
			}
		} else if begin, more := strings.CutSuffix(c.want, "…"); err != nil || !strings.HasPrefix(out, begin) || !more && strings.TrimSpace(out) != c.want {
			t.Errorf("%s: %s: %q, %v; want %q", c.by, c.command, out, err, c.want)
		}
	}
}

// Breaks for users: who comes later reads what was said before, over a connection or by a call.
func TestMembersReadFromTheirJoiningOn(t *testing.T) {
	s, secret, _ := signedIn(t)
	ada := minted(t, "--key", secret, "--user", "ada", "--grant", "see=*", "--grant", "post=*")
	bob := minted(t, "--key", secret, "--user", "bob", "--grant", "see=*", "--grant", "post=*")
	do := func(token string, args ...string) string {
		t.Helper()
		out, err := s.commandAs(token, args...)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out
	}
	do(ada, "room", "create", "club", "--since-join")
	do(ada, "post", "club", "before")
	for _, args := range [][]string{{"query", "messages", "club"}, {"tail", "--room", "club"}} {
		if out, err := s.commandAs(bob, args...); err == nil || !strings.Contains(err.Error(), "join room club first") {
			t.Errorf("%v: %q, %v", args, out, err)
		}
	}
	do(bob, "post", "--join", "club", "since")
	if out := do(bob, "query", "messages", "club"); strings.Contains(out, "before") || !strings.Contains(out, "since") {
		t.Errorf("bob reads %s", out)
	}
	if out := do(ada, "query", "messages", "club"); !strings.Contains(out, "before") {
		t.Errorf("ada reads %s", out)
	}
	do(ada, "room", "set", "club", "--since-join=false")
	if out := do(bob, "query", "messages", "club"); !strings.Contains(out, "before") {
		t.Errorf("of an open room bob reads %s", out)
	}
}
